"""Exports of every family pass what the shared tests show for MADE."""

import numpy as np
import pytest
import tensorflow as tf

from smoothing_tf.serving import export_saved_model
from tests.testing.joined_requests import (
    assert_joined_byte_equal,
    assert_joined_like_single,
)
from tests.testing.model_server import ModelServer
from tests.testing.served_models import served_model

_STAGES = ("smoothed", "reverse", "baseline")


def check(family, event_shape, classes, directory):
    trained = served_model(family, event_shape, stages=_STAGES, classes=classes)
    export_saved_model(trained, directory, inpainting=family != "realnvp")
    server = ModelServer(directory)
    for name, request in server.warmup_requests():
        server.predict(name, request)
        for key, value in request.items():
            # A row without its batch axis, and a batch of no rows.
            for wrong in (value[0], value[:0]):
                if np.ndim(wrong) == 0 or (key, np.shape(wrong)) == ("seed", (2,)):
                    continue
                with pytest.raises(tf.errors.InvalidArgumentError, match=f"`{key}`"):
                    server.predict(name, request | {key: wrong})
    assert_joined_like_single(server)
    assert_joined_byte_equal(server, (1, 2, 14), 3)
    server.close()


def test_models_that_cannot_inpaint_are_refused(tmp_path):
    for family, stages, reason in (
        ("realnvp", _STAGES, "autoregressive models in both stages; got RealNVP"),
        ("made", ("baseline",), "the stages smoothed and reverse; got a baseline"),
    ):
        trained = served_model(family, (3,), stages=stages)
        with pytest.raises(ValueError, match=f"^Inpainting needs {reason}"):
            export_saved_model(trained, tmp_path / "1", inpainting=True)


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
    seeds = np.array([[5, 6], [-7, 8]], np.int32)
    x = server.predict("sample_rows", {"seed": seeds})["samples"]
    assert x.shape == (2, 3) and np.all(np.isfinite(x))
    outputs = server.predict("log_prob", {"x": x})
    np.testing.assert_array_equal(outputs["nats"], -outputs["log_prob"])
    for name, request in server.warmup_requests():
        server.predict_joined(name, [request])
    server.close()


@pytest.mark.large
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("classes", [False, True])
@pytest.mark.parametrize(
    ("family", "event_shape"),
    [
        ("made", (4, 4, 1)),
        ("made", (3,)),
        ("realnvp", (3,)),
        ("pixelcnn", (4, 4, 3)),
        ("gated_pixelcnn", (4, 4, 1)),
        ("pixelcnnpp", (4, 4, 3)),
    ],
)
def test_every_family(family, event_shape, classes, tmp_path):
    check(family, event_shape, classes, tmp_path / "1")
