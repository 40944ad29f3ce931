"""The class that the sample command is asked for."""

import dataclasses

import numpy as np
import pytest

from smoothing_tf.data.data_spec import DataSpec
from smoothing_tf.models.classes import Classes
from smoothing_tf.sampling import tasks
from smoothing_tf.sampling.config import SamplingConfig
from smoothing_tf.sampling.tasks import make_task
from tests.testing.class_models import class_trained

DATA = DataSpec("points", "vectors", (2,), None)


@pytest.fixture(autouse=True)
def labels_alone(monkeypatch):
    def labels_of(trained, num_samples, *, label, **kwargs):
        return {"label": np.broadcast_to(label, num_samples)}

    monkeypatch.setattr(tasks, "draw_samples", labels_of)


def draw(class_, *names):
    trained = dataclasses.replace(class_trained(), classes=Classes(names))
    config = SamplingConfig(num_samples=2, class_=class_)
    return make_task(config, DATA, 0.3, lambda label: None).draw(trained)["label"]


# No other class has the number 5.
@pytest.mark.parametrize("class_, label", [("dog", 1), ("2", 2), ("5", 0)])
def test_a_plain_class_is_drawn_without_a_word(class_, label, capsys):
    np.testing.assert_array_equal(draw(class_, "5", "dog", "all"), [label, label])
    assert capsys.readouterr().err == ""


def test_a_name_that_is_also_a_number_is_explained(capsys):
    np.testing.assert_array_equal(draw("2", "cat", "2", "a dog"), [1, 1])
    assert capsys.readouterr().err == (
        "--class=2 is the class of that name, number 1; class number 2 is"
        " --class='a dog'.\n"
    )


def test_all_means_every_class(capsys):
    every = [0, 0, 1, 1, 2, 2]
    np.testing.assert_array_equal(draw("all", "cat", "dog", "all"), every)
    assert capsys.readouterr().err == (
        "--class=all draws every class; --class=2 is the class of that name.\n"
    )
    np.testing.assert_array_equal(draw("2", "cat", "dog", "all"), [2, 2])
    np.testing.assert_array_equal(draw("all", "cat", "dog", "fox"), every)
    assert capsys.readouterr().err == ""
