"""The clients of docs/serving.md run, and the page names all signatures."""

import io
import json
import urllib.request

import numpy as np
import pytest
import tensorflow as tf

from smoothing_tf.serving import export_saved_model
from tests.testing.model_server import ModelServer
from tests.testing.pages import ROOT, block
from tests.testing.served_models import served_model

_PAGE = "docs/serving.md"
_STAGES = ("smoothed", "reverse", "baseline")


@pytest.fixture(scope="module")
def directory(tmp_path_factory):
    directory = tmp_path_factory.mktemp("runs") / "models/digits/1"
    trained = served_model("made", (8, 8, 1), stages=_STAGES)
    export_saved_model(trained, directory, inpainting=True)
    return directory


def test_the_client_runs(directory):
    client = block(_PAGE, "python", "saved_model.load")
    path, names = "runs/models/digits/1", {}
    assert path in client
    exec(client.replace(path, str(directory)), names)
    assert f"{names['images'].dtype} {list(names['images'].shape)}" in client
    table = (ROOT / _PAGE).read_text(encoding="utf-8")
    for name in names["model"].signatures:
        assert f"`{name}`" in table, name


def test_there_is_a_request_for_every_signature(directory, monkeypatch):
    """Answers in the format of TensorFlow Serving's REST API."""
    server, called = ModelServer(directory), []

    def answer(url, body):
        assert url == "http://localhost:8501/v1/models/digits:predict"
        request = json.loads(body)
        name = request["signature_name"]
        called.append(name)
        signature = server.signatures[name].inputs
        arrays = {}
        for key, value in request["inputs"].items():
            dtype = tf.as_dtype(signature[key].dtype)
            arrays[key] = np.array(value, dtype.as_numpy_dtype)
        outputs = server.predict(name, arrays)
        outputs = {key: value.tolist() for key, value in outputs.items()}
        if len(outputs) == 1:
            (outputs,) = outputs.values()
        return io.BytesIO(json.dumps({"outputs": outputs}).encode())

    monkeypatch.setattr(urllib.request, "urlopen", answer)
    names = {}
    exec(block(_PAGE, "python", "urllib.request"), names)
    assert set(called) == set(server.signatures) - {"serving_default"}
    # What was sent back is what was drawn, and the known half is kept.
    assert np.shape(names["denoised"]) == (2, 8, 8, 1)
    upper = np.array(names["inpainted"]["samples"])[:, :4]
    np.testing.assert_array_equal(upper, np.array(names["pixels"])[:, :4])
    server.close()
