"""Metrics agree with those of the packages that papers use."""

import json
import os
import pathlib
import subprocess

import numpy as np
import pytest

from smoothing_tf.evaluation.floors import moments
from smoothing_tf.evaluation.frechet import frechet_distance
from smoothing_tf.evaluation.inception_score import inception_score
from smoothing_tf.evaluation.kernel_distance import kernel_distance
from smoothing_tf.evaluation.precision_recall import precision_recall
from tests.testing.command_lines import ROOT

_SCRIPT = ROOT / "tests/testing/oracles.py"
_NUM_ROWS, _NUM_FEATURES = 800, 12


def _features():
    rng = np.random.Generator(np.random.PCG64(5))
    mixing = rng.normal(size=(_NUM_FEATURES, _NUM_FEATURES))
    real, generated = rng.normal(size=(2, _NUM_ROWS, _NUM_FEATURES)) @ mixing
    generated = 1.1 * np.maximum(generated, -4.0)
    return real, generated, 2.0 * rng.normal(size=(_NUM_ROWS, 10))


@pytest.mark.large
def test_metrics_agree_with_other_packages(tmp_path, capsys):
    python = os.environ.get("ORACLES_PYTHON")
    if python is None:
        pytest.skip(
            "ORACLES_PYTHON must name the interpreter of an environment with other"
            " implementations of the metrics; tests/testing/oracles.txt says how to"
            " make one."
        )
    real, generated, logits = _features()
    path = tmp_path / "features.npz"
    np.savez(path, real=real, generated=generated, logits=logits)
    # Without this project's packages and settings.
    environment = {k: v for k, v in os.environ.items() if k != "PYTHONPATH"}
    process = subprocess.run(
        [python, str(_SCRIPT), str(path)],
        cwd=pathlib.Path(python).parent,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert process.returncode == 0, process.stderr
    found = json.loads(process.stdout.splitlines()[-1])
    with capsys.disabled():
        print(f"\n{found['versions']}")

    packages = {"pytorch-fid", "clean-fid", "torch-fidelity", "torchmetrics"}
    ours = frechet_distance(*moments(real).finalize(), *moments(generated).finalize())
    assert set(found["frechet"]) == packages
    for name, value in found["frechet"].items():
        assert value == pytest.approx(ours, rel=1e-6), name

    ours = kernel_distance(real, generated).value
    assert set(found["kernel"]) == packages - {"pytorch-fid"}
    for name, value in found["kernel"].items():
        assert value == pytest.approx(ours, rel=1e-6), name

    ours = inception_score(logits, contiguous=True)
    theirs = found["score"]["torch-fidelity"]
    assert theirs == pytest.approx(ours._asdict(), rel=1e-9)
    shuffled = found["score"]["torchmetrics"]
    ours = inception_score(logits[shuffled["order"]], contiguous=True)
    assert shuffled["mean"] == pytest.approx(ours.mean, rel=1e-9)

    ours = precision_recall(real, generated)
    # Shares that are neither 0 nor 1, of which one is averaged in float32.
    assert 0.1 < ours.precision < 0.95 and 0.1 < ours.recall < 0.95
    assert set(found["precision_recall"]) == {"prdc", "torch-fidelity"}
    for name, pair in found["precision_recall"].items():
        counts = np.round(np.multiply(pair, _NUM_ROWS), 3)
        np.testing.assert_array_equal(counts, np.multiply(ours, _NUM_ROWS), name)
