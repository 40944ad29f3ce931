"""The benchmark of GPUs runs on a CPU, at a tiny size."""

import json
import re

import numpy as np
import pytest
import tensorflow as tf

from benchmarks import measure, run_modules
from benchmarks.runs import exported_modules, gpu, gpu_cases
from benchmarks.sizes import SIZES, PublishedSize
from smoothing_tf.models import PixelCNNpp


@pytest.fixture(autouse=True)
def _small_model(monkeypatch):
    monkeypatch.setitem(SIZES, "mnist", PublishedSize((4, 4, 1), 2, 1))
    monkeypatch.setattr(measure, "matmul_peak", lambda dtype, size: 1e12)
    monkeypatch.setattr(PixelCNNpp, "num_resolutions", 1)
    monkeypatch.setattr(gpu_cases, "STEP_BATCH_SIZE", 4)
    is_on = tf.config.experimental.tensor_float_32_execution_enabled()
    yield
    tf.config.experimental.enable_tensor_float_32_execution(is_on)


@pytest.mark.large
def test_the_density_is_compared_with_a_cpu():
    (row,) = gpu.run("mnist", "log_prob", num_runs=1)
    errors = [float(error) for error in row["errors"].split(",")]
    assert len(errors) == 3 and max(errors) < 1e-4
    assert row["batch"] == 8 and 0 < row["of peak"] < 1


@pytest.mark.large
def test_a_step_is_that_of_the_training_loop():
    (row,) = gpu.run("mnist", "step_bfloat16", num_runs=1)
    assert (row["batch"], row["dtype"], row["errors"]) == (4, "bfloat16", "-")
    assert 0 < row["s"] < row["first call, s"]


def test_an_exported_module_says_how_to_draw_all_of_its_arguments(tmp_path):
    exported_modules.export(["log_prob"], "mnist", tmp_path)
    (entry,) = json.loads((tmp_path / "modules.json").read_text())
    text = (tmp_path / entry["file"]).read_text()
    signature = re.search(r"func\.func @main\((.*)\) ->", text)[1]
    shapes = re.findall(r"tensor<([\dx]*)f32>", signature)
    assert [s.split("x")[:-1] for s in shapes] == [
        [str(size) for size in argument["shape"]] for argument in entry["arguments"]
    ]
    with np.load(tmp_path / "reference.npz") as reference:
        assert [reference[f"result_{i}"].shape for i in range(3)] == [
            (8,),
            (8, 4, 4, 1),
            (),
        ]
        assert all(np.all(np.isfinite(x)) for x in reference.values())
    script = (tmp_path / "run_modules.py").read_text()
    assert script == open(run_modules.__file__).read()
    # The machine that runs it has none of our packages.
    modules = set(re.findall(r"^\s*(?:import|from) (\w+)", script, re.MULTILINE))
    assert modules == {
        *("argparse", "collections", "io", "json", "pathlib", "re", "statistics"),
        *("sys", "time", "typing", "numpy", "jax", "jaxlib"),
    }


@pytest.mark.large
def test_an_assigned_variable_takes_the_place_of_its_argument(tmp_path):
    names = ["step_float32", "step_tf32"]
    exported_modules.export(names, "mnist", tmp_path)
    entries = json.loads((tmp_path / "modules.json").read_text())
    texts = [(tmp_path / entry["file"]).read_text() for entry in entries]
    pairs = run_modules.aliases(texts[0])
    model = gpu_cases.make_model("mnist")
    # Weights, two moments and the average of each, and the number of steps.
    assert len(pairs) == 4 * len(model.weights) + 1
    num_own = len(entries[0]["arguments"]) - len(pairs)
    assert min(argument for argument, _ in pairs) >= num_own == 2
    assert sorted(result for _, result in pairs)[0] == entries[0]["num_results"] == 2
    # Full precision of products is asked for in the first alone.
    assert ["HIGHEST" in text for text in texts] == [True, False]


def test_arguments_are_drawn_with_the_mean_and_the_spread_they_had():
    x = np.random.default_rng(0).normal(3.0, 0.5, 100_000).astype(np.float32)
    fill = run_modules.fill_of(x)
    drawn = run_modules.draw(fill, [1000, 100], "float32", [1, 2])
    assert np.mean(drawn) == pytest.approx(3.0, abs=0.01)
    assert np.std(drawn) == pytest.approx(0.5, abs=0.01)
    again = run_modules.draw(fill, [1000, 100], "float32", [1, 2])
    np.testing.assert_array_equal(drawn, again)
    assert not np.array_equal(
        drawn, run_modules.draw(fill, [1000, 100], "float32", [1])
    )
    step = run_modules.draw(run_modules.fill_of(np.int64(7)), [], "int64", [0])
    assert step.dtype == np.int64 and step == 7


def test_errors_are_relative_to_the_largest_value():
    found, expected = np.array([1.0, -9.0]), np.array([2.0, -10.0])
    assert run_modules.largest_error(found, expected) == pytest.approx(0.1)
