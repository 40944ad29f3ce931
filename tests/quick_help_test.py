"""Flags are read, and the pipeline is compiled and run, without TensorFlow."""

import json
import subprocess
import sys

import pytest

from tests.testing.command_lines import ROOT, Result

# Each takes seconds to import, or imports one that does.
_HEAVY = (
    "gradio",
    "keras",
    "tensorflow",
    "tensorflow_datasets",
    "tensorflow_probability",
)
_COMMANDS = (
    "smoothing_tf.train",
    "smoothing_tf.sample",
    "smoothing_tf.evaluate",
    "smoothing_tf.export",
    "smoothing_tf.demo",
    "smoothing_tf.import_torch",
    "smoothing_tf.import_inception",
    "smoothing_tf.compress",
    "smoothing_tf.decompress",
    "benchmarks.compression",
    "benchmarks.first_sample",
    "benchmarks.gpu",
    "benchmarks.input_pipeline",
    "benchmarks.sampling",
    "benchmarks.training",
    "experiments.reproduce",
    "pipeline.local_runner",
    "pipeline.job_set",
    "pipeline.kubeflow_runner",
    "pipeline.lineage",
)
# Arguments -> part of the one-line error.
_ERRORS = {
    **{
        (name, "--no_such_flag=3"): "Unknown"
        for name in _COMMANDS
        if name != "experiments.reproduce"
    },
    ("experiments.reproduce", "--experiment=ring", "--no_such_flag=3"): "Unknown",
    ("smoothing_tf.train",): "`--workdir` must be given",
    ("smoothing_tf.train", "--workdir=w", "--smoothing=pink"): "must be one of",
    ("smoothing_tf.train", "--workdir=w", "--dataset=tfds:a b"): "must have the form",
    ("smoothing_tf.train", "--workdir=w", "--dataset=table", "--columns=a,a"): "once",
    ("smoothing_tf.train", "--workdir=w", "--model=made", "--num_resnet=2"): (
        "does not apply to --model=made"
    ),
    ("smoothing_tf.sample", "--workdir=w", "--output=x.txt"): "must end in .npz",
    ("smoothing_tf.sample", "--workdir=w", "--output=x.npz"): "train first with",
    ("smoothing_tf.evaluate", "--workdir=w"): "train first with",
    ("smoothing_tf.export", "--workdir=w", "--output=x"): "train first with",
    ("smoothing_tf.demo", "--model=nowhere"): "must be the output of an export",
    ("smoothing_tf.compress", "--workdir=w", "--images=x", "--output=y"): "train first",
    ("smoothing_tf.decompress", "--workdir=w", "--input=x", "--output=/"): "not empty",
    (
        "smoothing_tf.import_torch",
        "--workdir=w",
        "--checkpoint=c",
        "--stage=smoothed",
        "--model=made",
    ): "`--model` must be pixelcnnpp",
    ("smoothing_tf.import_inception", "--output=d", "--graph=no.pb"): "no.pb",
    ("experiments.reproduce", "--experiment=columns"): "needs a configuration",
    ("pipeline.lineage",): "Give one PATH",
    ("pipeline.lineage", "nowhere"): "does not exist",
    ("pipeline.kubeflow_runner",): "`output` or `host` must be given",
}

# Runs each list of arguments in one process, because a start takes long. Prints status,
# output, error and heavy modules so far. Nodes of the pipeline, which are processes of
# their own, fail at once.
_PROGRAM = """
import contextlib, io, json, runpy, sys

from kfp.local import subprocess_task_handler

subprocess_task_handler.run_local_subprocess = lambda *_, **__: 1
cases, heavy = json.loads(sys.argv[1])
results = []
for module, *arguments in cases:
    sys.argv[1:] = arguments
    stdout, stderr, status = io.StringIO(), io.StringIO(), 0
    with contextlib.redirect_stdout(stdout), contextlib.redirect_stderr(stderr):
        try:
            runpy.run_module(module, run_name="__main__", alter_sys=True)
        except SystemExit as end:
            status = end.code
    loaded = [name for name in heavy if name in sys.modules]
    results.append([status, stdout.getvalue(), stderr.getvalue(), loaded])
print(json.dumps(results))
"""


@pytest.fixture(scope="module")
def compiling(tmp_path_factory):
    """The arguments that compile the pipeline."""
    directory = tmp_path_factory.mktemp("compiled")
    return "pipeline.kubeflow_runner", f"--output={directory / 'pipeline.yaml'}"


@pytest.fixture(scope="module")
def running(tmp_path_factory):
    """The arguments that run the pipeline."""
    return "pipeline.local_runner", f"--pipeline_root={tmp_path_factory.mktemp('root')}"


@pytest.fixture(scope="module")
def results(compiling, running):
    """Arguments -> result and heavy modules."""
    helps = [(name, "--help") for name in _COMMANDS]
    cases = [*helps, *_ERRORS, compiling, running]
    process = subprocess.run(
        [sys.executable, "-c", _PROGRAM, json.dumps([cases, _HEAVY])],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert process.returncode == 0, process.stderr
    printed = json.loads(process.stdout.splitlines()[-1])
    return {
        arguments: (Result(*result), loaded)
        for arguments, (*result, loaded) in zip(cases, printed, strict=True)
    }


@pytest.mark.parametrize("name", _COMMANDS)
def test_help_needs_no_tensorflow(results, name):
    result, loaded = results[name, "--help"]
    assert (result.status, result.stderr, loaded) == (0, "", [])
    assert "--flagfile=FILE" in result.stdout


@pytest.mark.parametrize("arguments", _ERRORS, ids=" ".join)
def test_a_wrong_flag_is_one_line_and_needs_no_tensorflow(results, arguments):
    result, loaded = results[arguments]
    assert _ERRORS[arguments] in result.error
    assert loaded == []


def test_compiling_the_pipeline_needs_no_tensorflow(results, compiling):
    result, loaded = results[compiling]
    assert (result.status, loaded) == (0, [])
    assert "Compiled to " in result.stdout


def test_running_the_pipeline_needs_no_tensorflow(results, running):
    result, loaded = results[running]
    assert "configure ...\nconfigure: failed" in result.stdout
    assert result.status.startswith("error: Node configure failed")
    assert loaded == []
