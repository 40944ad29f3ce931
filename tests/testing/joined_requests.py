"""Requests of several rows, and a check of what a server makes of them together."""

import numpy as np

# A batch of a multiple of this many rows fills the registers of a processor.
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
