"""Signatures agree with each other and with the functions of Python."""

import numpy as np
import tensorflow as tf

from smoothing_tf.numerics import levels_to_unit, unit_to_uint8
from smoothing_tf.serving import export_saved_model
from tests.testing.model_server import ModelServer
from tests.testing.served_models import NUM_LEVELS, served_model

SEEDS = np.array([[5, 6], [-7, 8]], np.int32)
_RNG = np.random.default_rng(3)
LEVELS = _RNG.integers(0, NUM_LEVELS, (2, 4, 4, 1), dtype=np.int32)
PIXELS = np.round(255 * LEVELS / 16).astype(np.uint8)


def assert_same(first, second):
    assert first.keys() == second.keys()
    for key, value in first.items():
        assert value.tobytes() == second[key].tobytes(), key


def test_sample_rows_draws_what_sample_draws_with_a_seed_for_each_row(images_server):
    rows = images_server.predict("sample_rows", {"seed": SEEDS})
    given = {"num_samples": np.int32(2), "seed": SEEDS}
    assert_same(rows, images_server.predict("sample", given))
    assert_same(rows, images_server.predict("serving_default", given))
    in_parts = {"num_samples": np.ones(2, np.int32), "seed": SEEDS}
    assert_same(rows, images_server.predict("sample", in_parts))


def test_pixels_and_levels_have_the_same_likelihoods(images_server):
    for name, more in (
        ("bound", {"seed": SEEDS}),
        ("bound_iw", {"seed": SEEDS, "num_draws": np.int32(2)}),
        ("log_prob", {}),
    ):
        levels = images_server.predict(name, {"levels": LEVELS, **more})
        pixels = images_server.predict(f"{name}_pixels", {"pixels": PIXELS, **more})
        assert_same(levels, pixels)


def test_the_bound_with_one_draw_is_the_bound(images_server):
    given = {"levels": LEVELS, "seed": SEEDS}
    bound = images_server.predict("bound", given)["bits_per_dim"]
    draws = {
        number: images_server.predict(
            "bound_iw", {**given, "num_draws": np.full(2, number, np.int32)}
        )["bits_per_dim_iw"]
        for number in (1, 10)
    }
    np.testing.assert_allclose(draws[1], bound, rtol=1e-12)
    assert np.all(draws[10] != bound)
    # By Jensen's inequality it is tighter, here by far more than its noise.
    assert draws[10].mean() < bound.mean()
    mixed = {**given, "num_draws": np.array([1, 10], np.int32)}
    mixed = images_server.predict("bound_iw", mixed)["bits_per_dim_iw"]
    np.testing.assert_array_equal(mixed, [draws[1][0], draws[10][1]])


def test_the_likelihood_is_that_of_the_baseline(images, images_server):
    served = images_server.predict("log_prob", {"levels": LEVELS})
    x = levels_to_unit(LEVELS, NUM_LEVELS, tf.float64)
    wanted = images.baseline.log_prob(x)
    np.testing.assert_allclose(served["log_prob"], wanted, rtol=1e-5)
    bits = -wanted / (16 * np.log(2))
    np.testing.assert_allclose(served["bits_per_dim"], bits, rtol=1e-5)


def test_inpainting_is_that_of_python_with_a_number_of_particles_for_each_row(
    images, images_server
):
    mask = np.zeros((2, 4, 4), np.uint8)
    mask[:, 1:3, 1:] = 1
    number = np.array([1, 3], np.int32)
    served = images_server.predict(
        "inpaint",
        {"pixels": PIXELS, "mask": mask, "num_particles": number, "seed": SEEDS},
    )
    for row, num_particles in enumerate(number):
        x = levels_to_unit(LEVELS[row : row + 1], NUM_LEVELS)
        x_smoothed, x = images.two_stage.inpaint(
            x,
            mask[row : row + 1],
            seed=SEEDS[row : row + 1],
            num_particles=int(num_particles),
        )
        samples = unit_to_uint8(x, NUM_LEVELS)
        np.testing.assert_array_equal(served["samples"][row], samples[0])
        np.testing.assert_allclose(served["smoothed"][row], x_smoothed[0], atol=1e-5)
    known = mask[..., None] == 1
    np.testing.assert_array_equal(served["samples"][known], PIXELS[known])


def test_an_unknown_class_is_inferred(vectors_server):
    seeds = _RNG.integers(0, 2**31, (4, 2), dtype=np.int32)
    request = {
        "x": np.zeros((4, 3), np.float32),
        "mask": np.tile(np.array([1, 0, 1], np.uint8), (4, 1)),
        "num_particles": np.full(4, 5, np.int32),
        "seed": seeds,
        "label": np.array([-1, 2, -1, 0], np.int32),
    }
    label = vectors_server.predict("inpaint", request)["label"]
    np.testing.assert_array_equal(label[[1, 3]], [2, 0])
    # The last class never occurs in the training data.
    assert set(label[[0, 2]]) <= {0, 1}


def test_a_baseline_by_itself(tmp_path):
    trained = served_model("made", (3,), stages=("baseline",))
    export_saved_model(trained, tmp_path / "1")
    server = ModelServer(tmp_path / "1")
    assert set(server.signatures) == {
        "sample",
        "sample_rows",
        "serving_default",
        "log_prob",
    }
    x = server.predict("sample_rows", {"seed": SEEDS})["samples"]
    assert x.shape == (2, 3) and np.all(np.isfinite(x))
    outputs = server.predict("log_prob", {"x": x})
    np.testing.assert_array_equal(outputs["nats"], -outputs["log_prob"])
    for name, request in server.warmup_requests():
        server.predict_joined(name, [request])
    server.close()
