"""The clients of docs/serving.md run, and the page names all signatures."""

import importlib.util
import io
import json
import re
import urllib.request

import numpy as np
import pytest
from google.protobuf import text_format
from PIL import Image

from smoothing_tf.serving.layout import DEFAULT_MAX_SAMPLES
from tests.testing.batching_parameters import parse_batching_parameters
from tests.testing.model_server import ModelServer
from tests.testing.pages import ROOT, block
from tests.testing.served_exports import images_export
from tests.testing.serving_apis import grpc_api, predict_json, rest_api

_PAGE = "docs/serving.md"


@pytest.fixture(scope="module")
def directory(tmp_path_factory):
    return images_export(tmp_path_factory)


@pytest.fixture(scope="module")
def server(directory):
    server = ModelServer(directory, optimize=False)
    yield server
    server.close()


def _block(marker):
    """A client of the page, for images of 4 x 4 pixels in place of 8 x 8."""
    client = block(_PAGE, "python", marker).replace("row < 4", "row < 2")
    return client.replace("8, 8, 1", "4, 4, 1").replace("range(8)", "range(4)")


def test_the_client_runs(directory):
    client = _block("saved_model.load")
    path, names = "runs/models/digits/1", {}
    assert path in client
    exec(client.replace(path, str(directory)), names)
    assert f"{names['images'].dtype} {list(names['images'].shape)}" in client
    table = (ROOT / _PAGE).read_text(encoding="utf-8")
    for name in names["model"].signatures:
        assert f"`{name}`" in table, name


def test_there_is_a_request_for_every_signature(server, monkeypatch):
    """Answers in the format of TensorFlow Serving's REST API."""
    called = []

    def answer(url, body):
        assert url == "http://localhost:8501/v1/models/digits:predict"
        called.append(json.loads(body)["signature_name"])
        status, outputs = predict_json(server, body)
        assert status == 200, outputs
        return io.BytesIO(outputs)

    monkeypatch.setattr(urllib.request, "urlopen", answer)
    names = {}
    exec(_block("urllib.request"), names)
    assert set(called) == set(server.signatures) - {"serving_default"}
    # What was sent back is what was drawn, and the known half is kept.
    assert np.shape(names["denoised"]) == (2, 4, 4, 1)
    upper = np.array(names["inpainted"]["samples"])[:, :2]
    np.testing.assert_array_equal(upper, np.array(names["pixels"])[:, :2])


def test_ten_lines_call_it_by_grpc(server):
    pytest.importorskip("grpc")
    pytest.importorskip("tensorflow_serving")
    client, names = _block("PredictionServiceStub"), {}
    assert len([line for line in client.splitlines() if line]) <= 10
    with grpc_api(server, "digits") as address:
        exec(client.replace("localhost:8500", address), names)
    assert names["samples"].shape == (2, 4, 4, 1)
    expected = server.predict("sample_rows", {"seed": np.array([[7, 1], [7, 2]])})
    np.testing.assert_array_equal(names["samples"], expected["samples"])


def test_the_batching_parameters_are_those_of_tensorflow_serving():
    """Parses them as BatchingParameters of session_bundle_config.proto."""
    parameters = parse_batching_parameters(block(_PAGE, "text", "max_batch_size"))
    assert parameters.max_batch_size.value <= DEFAULT_MAX_SAMPLES
    assert parameters.num_batch_threads.value >= 1
    with pytest.raises(text_format.ParseError):
        parse_batching_parameters("max_batch_sise { value: 8 }")


@pytest.fixture(scope="module")
def client():
    """The module of the example."""
    path = ROOT / "examples/serving_client.py"
    assert path.relative_to(ROOT).as_posix() in (ROOT / _PAGE).read_text()
    spec = importlib.util.spec_from_file_location("serving_client", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(params=["rest", "grpc"])
def call(request, client, server):
    """A function that runs the example with arguments, against a loopback server."""
    if request.param == "grpc":
        pytest.importorskip("grpc")
        pytest.importorskip("tensorflow_serving")
    api = {"rest": rest_api, "grpc": grpc_api}[request.param]
    with api(server, "digits") as address:
        yield lambda *words: client.main([*words, f"--{request.param}={address}"])


def _read(path):
    images = np.asarray(Image.open(path))
    return images.reshape(-1, 4, 4, 1)


def test_the_example_has_images_in_and_out(call, server, tmp_path, capsys):
    drawn, image, mask, out = (str(tmp_path / f"{name}.png") for name in "abcd")
    call("sample", drawn, "--number=3", "--seed=5")
    seeds = np.array([[5, 0], [5, 1], [5, 2]], np.int32)
    expected = server.predict("sample_rows", {"seed": seeds})["samples"]
    np.testing.assert_array_equal(_read(drawn), expected)
    # What it wrote, it reads.
    Image.fromarray(expected[0, ..., 0]).save(image)
    known = np.zeros((4, 4), np.uint8)
    known[:2] = 255
    Image.fromarray(known).save(mask)
    call("inpaint", image, mask, out, "--number=2")
    found = _read(out)
    assert found.shape == (2, 4, 4, 1)
    np.testing.assert_array_equal(found[:, :2], [expected[0, :2]] * 2)
    noise = np.random.default_rng(5).standard_normal((4, 4, 1))
    x_smoothed = (expected[0] / 127.5 - 1.0 + 0.7 * noise).astype(np.float32)
    np.save(tmp_path / "x.npy", x_smoothed)
    request = {"x_smoothed": np.stack([x_smoothed] * 2), "seed": seeds[:2]}
    denoised = server.predict("denoise", request)["samples"]
    for given in ((image, "--noise_scale=0.7"), (str(tmp_path / "x.npy"),)):
        call("denoise", given[0], out, "--number=2", "--seed=5", *given[1:])
        np.testing.assert_array_equal(_read(out), denoised)
    capsys.readouterr()
    call("bound", image, "--number=3", "--seed=5")
    request = {"pixels": expected[:1].repeat(3, axis=0), "seed": seeds}
    bits = server.predict("bound_pixels", request)["bits_per_dim"]
    assert capsys.readouterr().out.startswith(f"{bits.mean():.3f} bits per dimension")


def test_the_example_prints_what_the_server_refuses(call, tmp_path):
    image = str(tmp_path / "large.png")
    Image.fromarray(np.zeros((5, 4), np.uint8)).save(image)
    with pytest.raises(SystemExit, match="(?s)^error: .*`pixels` must have shape"):
        call("bound", image)
    with pytest.raises(SystemExit, match="(?s)^error: .*no such model"):
        call("sample", str(tmp_path / "x.png"), "--model=faces")
    assert not (tmp_path / "x.png").exists()


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("sample", "a.xyz"), "error: OUTPUT must end in .png or the like; got a.xyz."),
        (("sample", "no/a.png"), "error: The directory of OUTPUT must exist; got"),
        (("denoise", "a.png", "b.png"), "error: denoise needs --noise_scale for a"),
        (("sample", "a.png", "--seed=3000000000"), "--seed: must be from 0 to 21474"),
        (("sample", "a.png", "--number=0"), "--number: must be from 1 to 2147483647"),
        (("sample", "a.png", "--noise_scale=nan"), "must be a number of at least 0"),
    ],
)
def test_the_example_refuses_before_it_asks_the_server(client, words, message, capsys):
    with pytest.raises(SystemExit) as caught:
        client.main([*words, "--rest=localhost:1"])
    assert message in f"{caught.value}{capsys.readouterr().err}"


def test_the_example_says_what_an_answer_lacks(client, monkeypatch, tmp_path):
    answers = [b"<html>", b'{"outputs": {"x": [[0.0]], "y": [[0.0]]}}']

    def urlopen(url, body, timeout):
        return io.BytesIO(answers.pop(0))

    monkeypatch.setattr(urllib.request, "urlopen", urlopen)
    for message in (
        "does not answer as TensorFlow Serving",
        "sample_rows returns x, y",
    ):
        with pytest.raises(SystemExit, match=message):
            client.main(["sample", str(tmp_path / "a.png")])
    assert str(client.refused("a", "b\n\t c")) == "a refused the request: b c"


def test_the_example_reads_pictures_of_every_mode(client, tmp_path):
    greys = np.arange(0, 240, 10, np.uint8).reshape(4, 6)
    grey, path = Image.fromarray(greys), tmp_path / "image.tiff"
    wide = Image.fromarray(greys.astype(np.uint16) * 257)
    for image in (grey, grey.convert("P"), grey.convert("LA"), wide):
        image.save(path)
        np.testing.assert_array_equal(client.read(path), greys[..., np.newaxis])
    for mode in ("RGB", "RGBA", "CMYK"):
        Image.new("RGB", (2, 2), (255, 0, 0)).convert(mode).save(path)
        np.testing.assert_array_equal(client.read(path), [[[255, 0, 0]] * 2] * 2)
        assert client.read(path, 1).shape == (2, 2, 1)
    Image.new("RGBA", (2, 2), (0, 0, 0, 0)).save(path)
    assert np.all(client.read(path) == 255)
    Image.fromarray(greys.astype(np.float32)).save(path)
    with pytest.raises(ValueError, match=r"image.tiff holds floats, .* Save it with 8"):
        client.read(path)


def test_the_example_needs_nothing_of_ours(client):
    source = (ROOT / "examples/serving_client.py").read_text(encoding="utf-8")
    imported = set(re.findall(r"^ *(?:import|from) (\w+)", source, re.MULTILINE))
    assert not imported & {"smoothing_tf", "components", "pipeline", "experiments"}
    assert {"numpy", "PIL"} <= imported
