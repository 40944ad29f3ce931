"""Requests to servers of two exports: alone, joined into one batch, and invalid ones.

They are in one file, which one process runs, because the first request to a signature
takes most of the time: a server optimizes the graph then.
"""

import gc

import numpy as np
import psutil
import pytest
import tensorflow as tf

from smoothing_tf import export, train
from smoothing_tf.numerics import levels_to_unit, unit_to_uint8
from tests.testing.invalid_requests import IMAGES, VECTORS
from tests.testing.joined_requests import (
    assert_joined_byte_equal,
    assert_joined_like_single,
    requests_of,
)
from tests.testing.model_server import ModelServer
from tests.testing.served_models import NUM_LEVELS

SEEDS = np.array([[5, 6], [-7, 8]], np.int32)
_RNG = np.random.default_rng(3)
LEVELS = _RNG.integers(0, NUM_LEVELS, (2, 4, 4, 1), dtype=np.int32)
PIXELS = np.round(255 * LEVELS / 16).astype(np.uint8)


def test_every_client_gets_its_own_result(images_server, vectors_server):
    assert_joined_like_single(images_server)
    assert_joined_like_single(vectors_server)


def test_padding_to_whole_registers_leaves_no_difference(images_server, vectors_server):
    assert_joined_byte_equal(images_server, (1, 2, 1), 1)
    assert_joined_byte_equal(vectors_server, (1, 2, 1), 1)


def test_a_common_seed_draws_another_result_for_each_row(images_server):
    (request,) = requests_of(images_server, "denoise", (1,))
    x_smoothed = np.repeat(request["x_smoothed"], 3, axis=0)
    common = {"x_smoothed": x_smoothed, "seed": request["seed"][0]}
    samples = images_server.predict("denoise", common)["samples"]
    assert len(np.unique(samples.reshape(3, -1), axis=0)) == 3
    own = {"x_smoothed": x_smoothed, "seed": np.repeat(request["seed"], 3, axis=0)}
    samples = images_server.predict("denoise", own)["samples"]
    assert len(np.unique(samples.reshape(3, -1), axis=0)) == 1


def test_replaying_touches_every_signature(images_server, vectors_server):
    for server in (images_server, vectors_server):
        requests = server.warmup_requests()
        assert [name for name, _ in requests] == list(dict(requests))
        assert {name for name, _ in requests} == set(server.signatures)
        for name, request in requests:
            # A server that joins requests runs them as a batch.
            (outputs,) = server.predict_joined(name, [request])
            assert outputs.keys() == server.signatures[name].outputs.keys()


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


@pytest.fixture
def servers(images_server, vectors_server):
    return {"images": images_server, "vectors": vectors_server}


def _invalid_requests(servers):
    """Lists (server, signature, request, message) of both tables."""
    requests = []
    for kind, table in (("images", IMAGES), ("vectors", VECTORS)):
        valid = dict(servers[kind].warmup_requests())
        requests += [
            (servers[kind], name, valid[name] | changes, message)
            for name, changes, message in table
        ]
    return requests


def test_every_signature_refuses_with_a_message(servers):
    requests = _invalid_requests(servers)
    named = {(server, name) for server, name, _, _ in requests}
    for server in servers.values():
        assert {name for of, name in named if of is server} | {
            "serving_default"
        } == set(server.signatures)
    for server, name, request, message in requests:
        with pytest.raises(tf.errors.InvalidArgumentError) as caught:
            server.predict(name, request)
        assert f"assertion failed: [{message}]" in caught.value.message, (name, message)


def test_the_server_lives_and_its_memory_does_not_grow(servers):
    requests = _invalid_requests(servers)
    assert len(requests) >= 40

    def send(number):
        for index in range(number):
            server, name, request, _ = requests[index % len(requests)]
            with pytest.raises(tf.errors.InvalidArgumentError):
                server.predict(name, request)
        gc.collect()
        return psutil.Process().memory_info().rss

    first = send(200)
    assert send(200) - first < 50e6
    for server in servers.values():
        for name, request in server.warmup_requests():
            server.predict(name, request)


def test_missing_values_may_be_anything(images_server, vectors_server):
    for server, name, wrong in (
        (images_server, "pixels", np.full((1, 4, 4, 1), 100, np.uint8)),
        (vectors_server, "x", np.full((1, 3), np.nan, np.float32)),
    ):
        request = dict(server.warmup_requests())["inpaint"]
        mask = request["mask"]
        known = np.broadcast_to(
            mask.reshape(mask.shape + (1,) * (wrong.ndim - mask.ndim)), wrong.shape
        )
        assert 0 < known.sum() < known.size
        request[name] = np.where(known == 1, request[name], wrong)
        samples = server.predict("inpaint", request)["samples"]
        assert np.all(samples[known == 1] == request[name][known == 1])
        assert np.all(np.isfinite(samples))


@pytest.mark.large
@pytest.mark.timeout(1800)
def test_of_the_digits_model_hardly_an_image_differs(tmp_path):
    # Weights as initialized draw samples without bounds.
    workdir, output = f"--workdir={tmp_path / 'run'}", f"--output={tmp_path}"
    flags = ["--flagfile=configs/digits_pixelcnnpp.cfg", "--num_steps=100"]
    train.main([*flags, workdir, "--noise_scale=0.3"])
    export.main([workdir, output])
    server = ModelServer(tmp_path / "1")
    seeds = np.random.default_rng(0).integers(0, 2**31, (1000, 2), dtype=np.int32)
    requests = [{"seed": part} for part in np.split(seeds, 50)]
    joined = server.predict_joined("sample_rows", requests)
    alone = [server.predict("sample_rows", request) for request in requests]
    differs = [
        np.any(got["samples"] != wanted["samples"], axis=(1, 2, 3))
        for got, wanted in zip(joined, alone)
    ]
    num_different = int(np.sum(differs))
    print(f"{num_different} of 1,000 images differ")
    assert num_different <= 1
    server.close()
