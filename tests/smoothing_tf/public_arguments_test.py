"""A wrong argument of a public function is reported in one line that names it."""

import numpy as np
import pytest

import smoothing_tf as library
from tests.testing.class_models import class_trained

X = np.zeros((1, 2), np.float32)
NO_MODELS = r"^`trained` must be the trained models of a run, .*; got NoneType\.$"
NO_PATH = r"^`{}` must be a path, a string or `pathlib.Path`; got None\.$"


@pytest.mark.parametrize(
    "call, message",
    [
        (lambda: library.draw_samples(None, 1, seed=0), NO_MODELS),
        (lambda: library.denoise_images(None, X, seed=0), NO_MODELS),
        (lambda: library.inpaint_images(None, X, X, seed=0), NO_MODELS),
        (lambda: library.score(None, X), NO_MODELS),
        (lambda: library.export_saved_model(None, "model"), NO_MODELS),
        (lambda: library.load(None), NO_PATH.format("workdir")),
        (lambda: library.load_config(None), NO_PATH.format("workdir")),
        (
            lambda: library.fit(library.configure(), None),
            NO_PATH.format("workdir"),
        ),
        (lambda: library.fit(None, "run"), "^`config` must be a configuration"),
        (
            lambda: library.export_saved_model(class_trained(), None),
            NO_PATH.format("directory"),
        ),
        (
            lambda: library.open_dataset("digits"),
            "^`config` must be a `smoothing_tf.DataConfig`, .*; got 'digits'",
        ),
        (
            lambda: library.inpaint_images(class_trained(), X, None, seed=0),
            "^`mask` must be an array of True .known. and False .missing.; got",
        ),
    ],
)
def test_an_argument_of_another_type_is_named(tmp_path, monkeypatch, call, message):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(TypeError, match=message) as caught:
        call()
    assert "\n" not in str(caught.value)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("call", [library.load, library.load_config])
def test_an_empty_path_is_refused(call):
    with pytest.raises(ValueError, match="`workdir` must name a directory; got an em"):
        call("")
