"""The page offers what an export has; gradio is stood in for."""

import importlib
import json
import sys
from unittest import mock

import numpy as np
import pytest
import tensorflow as tf

from smoothing_tf.serving.demo import forms, page, tasks
from smoothing_tf.serving.demo.exported_model import ExportedModel

_TWO_STAGE = {
    "sample_rows": ["samples", "single_step", "smoothed"],
    "denoise": ["samples"],
    "single_step_denoise": ["single_step"],
    "bound_pixels": ["bits_per_dim"],
}
_INPAINT = {"inpaint": ["samples"]}
_BASELINE = {"sample_rows": ["samples"], "log_prob_pixels": ["bits_per_dim"]}


@pytest.fixture
def make_model(tmp_path, monkeypatch):
    """A function that describes an export, which cannot be called."""
    monkeypatch.setattr(tf.saved_model, "load", lambda path: None)

    def make(signatures, event_shape=(8, 8, 1), num_levels=17, **more):
        label = ["label"] * ("num_classes" in more)
        facts = {
            "event_shape": event_shape,
            "num_levels": num_levels,
            "max_samples": 5,
            "smoothing": "gaussian",
            "noise_scale": 0.3,
            "signatures": list(signatures),
            "inputs": dict.fromkeys(signatures, ["seed", *label]),
            "outputs": signatures,
        }
        path = tmp_path / "assets.extra" / "smoothing.json"
        path.parent.mkdir(exist_ok=True)
        path.write_text(json.dumps(facts | more))
        return ExportedModel(tmp_path)

    return make


class _Shown(Exception):
    """Stands in for `gradio.Error`."""

    def __init__(self, message, print_exception=True):
        super().__init__(message)
        self.print_exception = print_exception


def _build(model):
    """Builds the page; returns the stand-in, the tabs and the introduction."""
    gradio = mock.MagicMock()
    page.build_page(gradio, model)
    tabs = [call.args[0] for call in gradio.Tab.call_args_list]
    return gradio, tabs, gradio.Markdown.call_args_list[0].args[0]


def test_there_is_a_tab_for_what_the_export_has(make_model):
    _, tabs, text = _build(make_model(_TWO_STAGE | _INPAINT))
    assert tabs == ["Sample", "Inpaint", "Denoise", "Likelihood"]
    assert "Gaussian noise with standard deviation 0.3" in text
    _, tabs, text = _build(make_model(_TWO_STAGE))
    assert tabs == ["Sample", "Denoise", "Likelihood"]
    assert "exported without --inpainting" in text
    _, tabs, text = _build(make_model(_BASELINE, noise_scale=None))
    assert tabs == ["Sample", "Likelihood"]
    assert "is a baseline, which knows no noise" in text


def test_noise_that_the_page_does_not_know_is_not_added(make_model):
    model = make_model(_TWO_STAGE, smoothing="student")
    _, tabs, text = _build(model)
    assert tabs == ["Sample", "Likelihood"] and "cannot add such noise" in text
    with pytest.raises(ValueError, match="cannot add student noise, only gaussian"):
        tasks.add_noise(model, np.zeros((8, 8, 1), np.uint8), 0.3, 0)


@pytest.mark.parametrize(
    ("event_shape", "num_levels", "reason"),
    [((3,), None, "Vectors of 3"), ((8, 8, 2), 17, "cannot edit images")],
)
def test_what_cannot_be_edited_is_only_sampled(
    make_model, event_shape, num_levels, reason
):
    _, tabs, text = _build(make_model(_TWO_STAGE | _INPAINT, event_shape, num_levels))
    assert tabs == ["Sample"] and reason in text


def test_continuous_images_are_refused(make_model):
    page.check_showable(make_model(_TWO_STAGE))
    page.check_showable(make_model(_TWO_STAGE, (3,), None))
    with pytest.raises(ValueError, match=r"continuous, of shape \[8, 8, 1\]"):
        page.check_showable(make_model(_TWO_STAGE, num_levels=None))


def test_classes_are_offered_where_a_signature_takes_them(make_model):
    gradio, _, _ = _build(make_model(_TWO_STAGE))
    assert gradio.Dropdown.call_count == 0
    facts = {"num_classes": 2, "class_names": ["cat", "dog"]}
    gradio, _, _ = _build(make_model(_TWO_STAGE | _INPAINT, **facts))
    choices = [call.args[0] for call in gradio.Dropdown.call_args_list]
    known = [("cat", 0), ("dog", 1)]
    with_any = [("any", -1), *known]
    assert choices == [with_any, with_any, known, known]


def test_no_slider_goes_further_than_a_request_may(make_model):
    gradio, _, _ = _build(make_model(_TWO_STAGE | _INPAINT))
    sliders = [call for call in gradio.Slider.call_args_list if "step" in call.kwargs]
    numbers = [call.args for call in sliders if call.kwargs["step"] == 1]
    assert len(numbers) == 5
    assert all(low == 1 and value <= high <= 5 for low, high, value in numbers)


@pytest.mark.parametrize(
    ("scale", "value", "step"), [(0.3, 0.3, 1e-3), (0.0123, 0.0123, 1e-4)]
)
def test_the_noise_has_three_digits(make_model, scale, value, step):
    gradio, _, _ = _build(make_model(_TWO_STAGE, noise_scale=scale))
    (noise,) = (
        call for call in gradio.Slider.call_args_list if "noise" in call.kwargs["label"]
    )
    assert noise.args == (0.0, 2 * value, value)
    assert noise.kwargs["step"] == pytest.approx(step)


def test_a_cleared_slider_and_a_damaged_file_are_for_the_tasks_to_refuse(make_model):
    gradio, _, _ = _build(make_model(_TWO_STAGE))
    assert gradio.Slider.return_value.preprocess(None) is None
    upload = gradio.Image.return_value
    forms.Forms(gradio, make_model(_TWO_STAGE)).upload("Image")
    assert upload.preprocess(None) is None
    assert upload.preprocess(mock.Mock(path="damaged.png")) == "damaged.png"


@pytest.mark.parametrize(
    ("error", "sentence"),
    [
        (ValueError("no"), "^no$"),
        (OSError(28, "No space left on device"), "^The request failed: .*No space"),
        (MemoryError(), "ran out of memory. Ask for fewer samples"),
        (tf.errors.ResourceExhaustedError(None, None, "OOM\n"), "ran out of memory"),
        (tf.errors.InternalError(None, None, "a\nb"), "^The request failed: a$"),
    ],
)
def test_an_error_is_shown_as_a_sentence(make_model, error, sentence):
    gradio = mock.MagicMock(Error=_Shown)
    handler = mock.Mock(side_effect=error)
    with pytest.raises(_Shown, match=sentence) as caught:
        forms.Forms(gradio, make_model(_TWO_STAGE)).guard(handler)()
    assert caught.value.print_exception != isinstance(error, ValueError)


def test_a_sample_has_the_class_of_the_form(make_model, monkeypatch):
    facts = {"num_classes": 2, "class_names": ["cat", "dog"]}
    model = make_model(_TWO_STAGE | _INPAINT, **facts)
    gradio, _, _ = _build(model)
    requests = []

    def call(name, **inputs):
        requests.append((name, inputs["label"].tolist()))
        return {"samples": np.zeros((1, 8, 8, 1), np.uint8)}

    monkeypatch.setattr(model, "call", call)
    clicks = [call.args for call in gradio.Button.return_value.click.call_args_list]
    seed_and_label = [gradio.Number.return_value, gradio.Dropdown.return_value]
    handlers = [handler for handler, inputs, _ in clicks if inputs == seed_and_label]
    for handler in handlers:
        handler(0, 1)
    assert requests == [("sample_rows", [1])] * 3


def test_a_form_without_an_image_shows_what_to_do(make_model):
    gradio, _, _ = _build(make_model(_TWO_STAGE | _INPAINT))
    gradio.Error = _Shown
    handlers = [call.args for call in gradio.Button.return_value.click.call_args_list]
    needing = [
        (handler, inputs)
        for handler, inputs, _ in handlers
        if len(inputs) > 2 and inputs[0] is not gradio.Number.return_value
    ]
    assert len(needing) == 3
    for handler, inputs in needing:
        with pytest.raises(_Shown, match="There is no image yet"):
            handler(None, *[1] * (len(inputs) - 1))


def test_a_mask_is_what_was_painted_over(make_model, monkeypatch):
    model = make_model(_TWO_STAGE | _INPAINT)
    gradio, _, _ = _build(model)
    (handler,) = (
        call.args[0]
        for call in gradio.Button.return_value.click.call_args_list
        if call.args[1][0] is gradio.ImageEditor.return_value
    )
    requests = []

    def call(name, **inputs):
        requests.append(inputs)
        return {"samples": np.zeros((2, 8, 8, 1), np.uint8)}

    monkeypatch.setattr(model, "call", call)
    layer = np.zeros((80, 80, 4), np.uint8)
    layer[:40, :, 3] = 255
    background = np.full((80, 80, 4), 255, np.uint8)
    for layers in ([], [np.zeros_like(layer)]):
        gradio.Error = _Shown
        with pytest.raises(_Shown, match="Nothing is painted over"):
            handler({"background": background, "layers": layers}, 0, 2, 2)
    handler({"background": background, "layers": [layer]}, 0, 2, 2)
    (request,) = requests
    mask = np.repeat([0, 1], 4)[:, np.newaxis] * np.ones((2, 8, 8))
    np.testing.assert_array_equal(request["mask"], mask)
    assert request["num_particles"] == 2 and np.all(request["pixels"] == 255)


def test_gradio_is_told_to_send_nothing_before_it_is_imported(
    make_model, tmp_path, monkeypatch
):
    (tmp_path / "gradio.py").write_text(
        "import os\nfrom unittest import mock\n"
        "seen = {**os.environ}\n"
        "__getattr__ = mock.MagicMock()\n"
        "__getattr__.return_value.return_value.__enter__.return_value.launch"
        ".return_value = None, 'http://127.0.0.1:1/', None\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "gradio", raising=False)
    monkeypatch.delenv("GRADIO_ANALYTICS_ENABLED", raising=False)
    monkeypatch.setenv("NO_PROXY", "example.org")
    monkeypatch.setenv("no_proxy", "")
    with mock.patch.dict("os.environ"):
        address = page.launch(make_model(_TWO_STAGE), "127.0.0.1", 1, tmp_path)
        gradio = importlib.import_module("gradio")
    monkeypatch.delitem(sys.modules, "gradio")
    assert address == "http://127.0.0.1:1/"
    assert gradio.seen["GRADIO_ANALYTICS_ENABLED"] == "False"
    assert gradio.seen["GRADIO_TEMP_DIR"] == str(tmp_path)
    assert gradio.seen["no_proxy"] == gradio.seen["NO_PROXY"] == "127.0.0.1,example.org"
    built = gradio.__getattr__.return_value.return_value
    launched = built.__enter__.return_value.launch.call_args.kwargs
    assert launched["server_name"] == "127.0.0.1"
    assert launched["share"] is False
