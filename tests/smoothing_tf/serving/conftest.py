"""Exported models that several tests use, and servers of them."""

import pytest

from smoothing_tf.serving import export_saved_model
from smoothing_tf.serving.about import About
from tests.testing.model_server import ModelServer
from tests.testing.served_models import served_model
from tests.testing.shared_directory import shared_directory

MAX_SAMPLES = 20
ALL_STAGES = ("smoothed", "reverse", "baseline")


def _export(trained, name, tmp_path_factory, about=None):
    def export(directory):
        export_saved_model(
            trained, directory, max_samples=MAX_SAMPLES, inpainting=True, about=about
        )

    return shared_directory(tmp_path_factory, f"{name}_model", export)


@pytest.fixture(scope="session")
def images():
    """MADE on images, with a baseline."""
    return served_model("made", stages=ALL_STAGES)


@pytest.fixture(scope="session")
def images_exported(images, tmp_path_factory):
    """An export that is evaluated, with a likelihood that is made up."""
    metric = {"value": 4.0, "se": 0.01, "n": 400, "split": "test"}
    about = About(metrics={"bits_per_dim": metric})
    return _export(images, "images", tmp_path_factory, about)


@pytest.fixture(scope="session")
def images_server(images_exported):
    server = ModelServer(images_exported)
    yield server
    server.close()


@pytest.fixture(scope="session")
def vectors():
    """MADE on vectors, class-conditional."""
    return served_model("made", (3,), classes=True)


@pytest.fixture(scope="session")
def vectors_exported(vectors, tmp_path_factory):
    return _export(vectors, "vectors", tmp_path_factory)


@pytest.fixture(scope="session")
def vectors_server(vectors_exported):
    server = ModelServer(vectors_exported)
    yield server
    server.close()
