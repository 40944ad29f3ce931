"""smoothing.json describes what is exported, and nothing else."""

import dataclasses
import types

from smoothing_tf.serving.about import About
from smoothing_tf.serving.metadata import make_metadata
from smoothing_tf.serving.served import Served
from tests.testing.served_models import served_model


def _signature(*inputs, outputs=()):
    return types.SimpleNamespace(
        structured_input_signature=((), dict.fromkeys(inputs)),
        structured_outputs=dict.fromkeys(outputs),
    )


def test_classes_of_a_baseline_alone_are_described():
    baseline = served_model("made", stages=("baseline",), classes=True)
    two_stage = served_model("made").models
    trained = dataclasses.replace(
        baseline, **{str(stage): model for stage, model in two_stage.items()}
    )
    loaded = {
        "sample": _signature("num_samples", "seed"),
        "log_prob": _signature("levels", "label"),
    }
    metadata = make_metadata(Served.of(trained), loaded, 10)
    assert metadata["num_classes"] == 3
    assert metadata["class_names"] == ["cat", "dog", "owl"]
    label = metadata["tensors"]["label"]
    assert label == "int32 [n], the class of each example, 0 to 2"


def test_inpainting_is_described_where_it_is_exported():
    trained = served_model("made", classes=True)
    loaded = {
        "sample": _signature("num_samples", "seed", "label"),
        "bound_pixels": _signature("pixels", "seed", "label"),
    }
    tensors = make_metadata(Served.of(trained), loaded, 10)["tensors"]
    assert "inpaint" not in tensors["label"] and "`sample`" in tensors["label"]
    assert "mask" not in tensors["pixels"]
    loaded["inpaint"] = _signature("pixels", "mask", "seed", "label")
    served = Served.of(trained, inpainting=True)
    tensors = make_metadata(served, loaded, 10)["tensors"]
    assert "`inpaint`, -1 infers" in tensors["label"]
    assert "where `mask` is 0" in tensors["pixels"]


def test_what_is_known_of_the_data_and_the_run_is_named():
    served = Served.of(served_model("made"))
    loaded = {"sample": _signature("num_samples", "seed")}
    metadata = make_metadata(served, loaded, 10, About("digits", made_from="digest"))
    assert (metadata["data"], metadata["made_from"]) == ("digits", "digest")
    for about in (None, About()):
        metadata = make_metadata(served, loaded, 10, about)
        assert not {"data", "made_from"} & metadata.keys()


def test_only_outputs_that_exist_are_described():
    served = Served.of(served_model("made"))
    outputs = ["smoothed", "samples"]
    for others in ([], ["single_step"]):
        sample = _signature("num_samples", "seed", outputs=outputs + others)
        metadata = make_metadata(served, {"sample": sample}, 10)
        assert metadata["outputs"]["sample"] == sorted(outputs + others)
        assert metadata["tensors"].keys() == {"num_samples", "seed", *outputs, *others}
