"""The generate node: what a served model returns, in order, in uint8."""

import os
import shutil

import numpy as np
import pytest
import tensorflow as tf

from components.generate import executor
from smoothing_tf import artifacts
from smoothing_tf.seeds import derive_seed
from smoothing_tf.serving.layout import METADATA_FILE
from tests.testing.dask_clusters import dask_in_process


class Served(tf.Module):
    """A model whose samples are functions of the seed."""

    @tf.function(
        input_signature=[
            tf.TensorSpec([], tf.int32, name="num_samples"),
            tf.TensorSpec([2], tf.int32, name="seed"),
        ]
    )
    def sample(self, num_samples, seed):
        shape = [num_samples, 4, 4, 1]
        noise = tf.random.stateless_normal(shape, seed)
        return {
            "smoothed": noise,
            "single_step": tf.tanh(noise),
            "samples": tf.cast(tf.round(tf.sigmoid(noise) * 3.0) * 85.0, tf.uint8),
        }


@pytest.fixture(scope="module")
def model_dir(tmp_path_factory):
    directory = tmp_path_factory.mktemp("model")
    served = Served()
    tf.saved_model.save(served, str(directory), signatures={"sample": served.sample})
    artifacts.write_json(
        directory / METADATA_FILE, {"event_shape": [4, 4, 1], "num_levels": 4}
    )
    return directory


@pytest.fixture
def draw(model_dir, tmp_path):
    def draw(
        num_samples, beam_options=(), name="samples", seed=1, runner="DirectRunner"
    ):
        output_dir = tmp_path / name
        executor.run(
            model_dir=model_dir,
            num_samples=num_samples,
            seed=seed,
            beam_runner=runner,
            beam_options=beam_options,
            output_dir=output_dir,
        )
        with np.load(output_dir / "samples.npz") as file:
            return dict(file)

    return draw


def test_samples_are_levels_in_uint8_and_smoothed_ones_floats(draw, tmp_path):
    arrays = draw(7)
    assert {kind: a.dtype.name for kind, a in arrays.items()} == {
        "smoothed": "float32",
        "single_step": "uint8",
        "samples": "uint8",
    }
    assert all(array.shape == (7, 4, 4, 1) for array in arrays.values())
    assert set(np.unique(arrays["samples"])) <= {0, 85, 170, 255}
    assert sorted(os.listdir(tmp_path / "samples")) == ["samples.npz", "samples.png"]


def test_the_three_kinds_belong_together(draw):
    arrays = draw(7)
    levels = np.round(3.0 / (1.0 + np.exp(-arrays["smoothed"])))
    np.testing.assert_array_equal(arrays["samples"], levels * 85)


def test_samples_do_not_depend_on_workers_or_on_how_many_follow(draw):
    few, many = draw(90), draw(230, ["--direct_num_workers=2"], "many")
    for kind, array in few.items():
        np.testing.assert_array_equal(array, many[kind][:90])


def test_samples_on_dask_are_the_same(draw):
    with dask_in_process() as address:
        options = [f"--dask_client_address={address}"]
        on_dask = draw(230, options, "dask", runner="DaskRunner")
    for kind, array in draw(230).items():
        np.testing.assert_array_equal(array, on_dask[kind])


def test_no_example_comes_twice(draw):
    smoothed = draw(230)["smoothed"].reshape(230, -1)
    assert len(np.unique(smoothed, axis=0)) == 230


def test_another_seed_draws_others(draw):
    assert not np.array_equal(
        draw(5)["smoothed"], draw(5, name="others", seed=2)["smoothed"]
    )


def test_no_samples_are_asked_for(draw):
    assert draw(0) == {}


def test_a_model_that_draws_few_samples_at_a_time_has_small_shards(model_dir, tmp_path):
    limited = tmp_path / "limited"
    shutil.copytree(model_dir, limited)
    facts = {"event_shape": [4, 4, 1], "num_levels": 4, "max_samples": 40}
    artifacts.write_json(limited / METADATA_FILE, facts)
    executor.run(
        model_dir=limited,
        num_samples=90,
        seed=1,
        beam_runner="DirectRunner",
        beam_options=(),
        output_dir=tmp_path / "samples",
    )
    with np.load(tmp_path / "samples" / "samples.npz") as file:
        smoothed = file["smoothed"]
    seed = derive_seed(1, "generated samples", 40)
    expected = Served().sample(tf.constant(40), seed)["smoothed"]
    np.testing.assert_array_equal(smoothed[40:80], expected)
    assert len(smoothed) == 90
