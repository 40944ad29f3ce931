"""The content of the wheel, and its metadata."""

import pathlib
import shutil
import subprocess
import sys
import zipfile
from email import message_from_bytes

import pytest
import setuptools

import smoothing_tf
from smoothing_tf.checkout import PACKAGES

ROOT = pathlib.Path(__file__).parents[1]
_BYTE_CODE = shutil.ignore_patterns("__pycache__")


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    """A wheel built from a copy of the checkout, in which `build` leaves no traces."""
    source = tmp_path_factory.mktemp("source")
    for package in PACKAGES:
        shutil.copytree(ROOT / package, source / package, ignore=_BYTE_CODE)
    for name in ("setup.py", "pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, source)
    command = "from setuptools import build_meta; print(build_meta.build_wheel('.'))"
    process = subprocess.run(
        [sys.executable, "-c", command], cwd=source, check=True, capture_output=True
    )
    name = process.stdout.decode().splitlines()[-1]
    with zipfile.ZipFile(source / name) as file:
        yield file


def test_the_wheel_holds_the_library_alone_and_all_of_it(wheel):
    held = {name for name in wheel.namelist() if ".dist-info/" not in name}
    paths = (ROOT / "smoothing_tf").rglob("*")
    assert held == {
        path.relative_to(ROOT).as_posix()
        for path in paths
        if path.is_file() and "__pycache__" not in path.parts
    }
    assert "smoothing_tf/py.typed" in held


def test_the_wheel_declares_its_script_and_extras(wheel):
    (info,) = {name.split("/")[0] for name in wheel.namelist() if ".dist-info" in name}
    script = "smoothing-tf = smoothing_tf.cli:main"
    assert script in wheel.read(f"{info}/entry_points.txt").decode()
    metadata = message_from_bytes(wheel.read(f"{info}/METADATA"))
    assert metadata["Version"] == smoothing_tf.__version__
    assert set(metadata.get_all("Provides-Extra")) == {
        "cluster",
        "codec",
        "dask",
        "demo",
        "docs",
        "gpu",
        "pipeline",
        "test",
    }


def test_every_package_of_the_checkout_is_known():
    packages = {name.partition(".")[0] for name in setuptools.find_packages(str(ROOT))}
    assert packages - {"tests"} == set(PACKAGES)


def pins(name):
    lines = (ROOT / name).read_text().splitlines()
    return {line.split()[0] for line in lines if line[:1].isalnum()}


def test_the_other_locks_pin_what_the_first_pins():
    first = pins("requirements.lock")
    assert first < pins("requirements-dev.lock")
    added = pins("requirements-gpu.lock") - first
    assert first < pins("requirements-gpu.lock")
    assert added and all(name.startswith("nvidia-") for name in added)
