"""Requests that a server joins into one batch get the results of their own."""

import numpy as np
import pytest

from smoothing_tf import export, train
from tests.testing.model_server import ModelServer

# A batch of a multiple of so many rows fills the registers of a processor.
_WHOLE = 16


def requests_of(server, name, sizes=(1, 2, 1), counts=(1, 4)):
    """Makes requests of several rows, all of them different.

    Numbers of draws and particles are random from `counts[0]` to below `counts[1]`.
    """
    (valid,) = [request for own, request in server.warmup_requests() if own == name]
    rng = np.random.default_rng(len(name))
    requests = []
    for size in sizes:
        request = {}
        for key, value in valid.items():
            shape = (size, *value.shape[1:])
            if key == "seed":
                request[key] = rng.integers(-(2**31), 2**31, shape, dtype=np.int32)
            elif key == "num_samples":
                request[key] = np.ones(shape, np.int32)
            elif key in ("num_draws", "num_particles"):
                request[key] = rng.integers(*counts, shape, dtype=np.int32)
            elif key == "mask":
                request[key] = rng.integers(0, 2, shape, dtype=np.uint8)
            elif key == "label":
                request[key] = rng.integers(0, 3, shape, dtype=np.int32)
            elif key == "levels":
                request[key] = rng.integers(0, 17, shape, dtype=np.int32)
            elif key == "pixels":
                levels = rng.integers(0, 17, shape)
                request[key] = np.round(255 * levels / 16).astype(np.uint8)
            else:
                request[key] = rng.normal(size=shape).astype(np.float32)
        requests.append(request)
    return requests


def assert_joined_like_single(server, padding=2):
    for name in server.signatures:
        requests = requests_of(server, name)
        joined = server.predict_joined(name, requests, padding)
        for request, got in zip(requests, joined):
            wanted = server.predict(name, request)
            assert wanted.keys() == got.keys()
            for key, value in wanted.items():
                assert value.dtype == got[key].dtype
                if value.dtype.kind in "iu":
                    assert value.tobytes() == got[key].tobytes(), (name, key)
                    continue
                assert np.all(np.isfinite(value)), (name, key)
                # At the end of an array, a processor computes exponentials by other
                # instructions, which differ in the last bit; networks amplify that.
                scale = 1e-6 * (1.0 + np.abs(value).max())
                np.testing.assert_allclose(got[key], value, rtol=0.0, atol=scale)


def assert_joined_byte_equal(server, sizes, count):
    """Compares batches that are padded to whole registers."""
    for name in server.signatures:
        requests = requests_of(server, name, sizes, (count, count + 1))
        joined = server.predict_joined(name, requests, -sum(sizes) % _WHOLE)
        for size, request, got in zip(sizes, requests, joined):
            (wanted,) = server.predict_joined(name, [request], -size % _WHOLE)
            for key, value in wanted.items():
                assert value.tobytes() == got[key].tobytes(), (name, key)


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
