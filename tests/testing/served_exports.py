"""Exports that the tests of serving and of its documentation share."""

from smoothing_tf.serving import export_saved_model
from smoothing_tf.serving.about import About
from tests.testing.served_models import served_model
from tests.testing.shared_directory import shared_directory

MAX_SAMPLES = 20
ALL_STAGES = ("smoothed", "reverse", "baseline")


def images_model():
    """MADE on images of 4 x 4 pixels, with a baseline."""
    return served_model("made", stages=ALL_STAGES)


def images_export(tmp_path_factory, trained=None):
    """Its export: it is evaluated, with a likelihood that is made up."""
    metric = {"value": 4.0, "se": 0.01, "n": 400, "split": "test"}
    about = About(metrics={"bits_per_dim": metric})
    return _export(trained or images_model(), "images", tmp_path_factory, about)


def vectors_model():
    """MADE on vectors, class-conditional."""
    return served_model("made", (3,), classes=True)


def vectors_export(tmp_path_factory, trained=None):
    return _export(trained or vectors_model(), "vectors", tmp_path_factory)


def _export(trained, name, tmp_path_factory, about=None):
    def export(directory):
        export_saved_model(
            trained, directory, max_samples=MAX_SAMPLES, inpainting=True, about=about
        )

    return shared_directory(tmp_path_factory, f"{name}_model", export)
