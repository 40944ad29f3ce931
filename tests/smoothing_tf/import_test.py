"""Importing the library leaves the process as it was."""

import os
import pkgutil
import subprocess
import sys

import tensorflow_probability as tfp

import smoothing_tf
from smoothing_tf import distributions, models
from smoothing_tf.models import MODELS, DensityModel
from smoothing_tf.smoothing import SMOOTHINGS
from tests.testing.command_lines import ROOT

_PROGRAM = """
import importlib, logging, os, pkgutil, signal, sys, warnings

def state():
    descriptors = {}
    for name in os.listdir("/proc/self/fd"):
        try:
            descriptors[name] = os.readlink(f"/proc/self/fd/{name}")
        except FileNotFoundError:
            pass  # that of the listing
    with open("/proc/self/status") as file:
        umask = [line for line in file if line.startswith("Umask")]
    return {
        "environment": dict(os.environ),
        "descriptors": descriptors,
        "umask": umask,
        "signals": {s: signal.getsignal(s) for s in signal.valid_signals()},
        "logging": (logging.root.level, list(logging.root.handlers)),
        "warnings": list(warnings.filters),
        "hooks": (sys.excepthook, sys.unraisablehook),
        "directory": os.getcwd(),
    }

def check(before, what):
    after = state()
    for key in before:
        assert before[key] == after[key], (what, key, before[key], after[key])

before = state()
import smoothing_tf
check(before, "smoothing_tf")
# What they change is theirs: TensorFlow sets environment variables, for example.
for name in (
    "tensorflow", "keras", "tensorflow_probability", "tensorflow_datasets", "jinja2",
    "matplotlib.pyplot", "scipy.integrate", "scipy.stats", "sklearn.datasets", "PIL",
    "tqdm", "concurrent.futures.process", "multiprocessing.spawn", "kfp",
):
    importlib.import_module(name)
before = state()
for module in pkgutil.walk_packages(smoothing_tf.__path__, "smoothing_tf."):
    importlib.import_module(module.name)
    check(before, module.name)
print("done")
"""


def test_an_import_of_any_module_changes_nothing_of_the_process():
    environment = dict(os.environ)
    environment.pop("TF_CPP_MIN_LOG_LEVEL", None)
    process = subprocess.run(
        [sys.executable, "-c", _PROGRAM],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert process.stdout.strip() == "done", process.stderr[-2000:]
    assert "oneDNN" in process.stderr, "the program hears what TensorFlow says"


def _public_names():
    return [name for name in smoothing_tf.__all__ if name != "__version__"]


def test_every_public_name_is_there():
    for name in _public_names():
        assert getattr(smoothing_tf, name).__name__ == name
    assert set(smoothing_tf.__all__) <= set(dir(smoothing_tf))
    assert smoothing_tf.models.MADE is smoothing_tf.MADE
    assert not hasattr(smoothing_tf, "no_such_name")


def test_no_public_name_is_that_of_a_module():
    modules = {module.name for module in pkgutil.iter_modules(smoothing_tf.__path__)}
    assert not modules & set(_public_names())


def test_every_plug_in_and_its_configuration_is_public():
    plug_ins = {entry.config for entry in MODELS.values()} | set(SMOOTHINGS.values())
    plug_ins |= {
        value
        for package in (distributions, models)
        for value in (getattr(package, name) for name in package.__all__)
        if isinstance(value, type)
        and issubclass(value, tfp.distributions.Distribution | DensityModel)
    }
    assert plug_ins <= {getattr(smoothing_tf, name) for name in _public_names()}
