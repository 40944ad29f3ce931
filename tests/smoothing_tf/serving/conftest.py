"""Exported models that several tests use, and servers of them."""

import pytest

from smoothing_tf.serving import export_saved_model
from smoothing_tf.serving.about import About
from tests.testing.model_server import ModelServer
from tests.testing.served_models import served_model

MAX_SAMPLES = 20
ALL_STAGES = ("smoothed", "reverse", "baseline")


@pytest.fixture(scope="session")
def images():
    """MADE on images, with a baseline."""
    return served_model("made", stages=ALL_STAGES)


@pytest.fixture(scope="session")
def images_exported(images, tmp_path_factory):
    """An export that is evaluated, with a likelihood that is made up."""
    directory = tmp_path_factory.mktemp("images") / "1"
    metric = {"value": 4.0, "se": 0.01, "n": 400, "split": "test"}
    export_saved_model(
        images,
        directory,
        max_samples=MAX_SAMPLES,
        inpainting=True,
        about=About(metrics={"bits_per_dim": metric}),
    )
    return directory


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
    directory = tmp_path_factory.mktemp("vectors") / "1"
    export_saved_model(vectors, directory, max_samples=MAX_SAMPLES, inpainting=True)
    return directory


@pytest.fixture(scope="session")
def vectors_server(vectors_exported):
    server = ModelServer(vectors_exported)
    yield server
    server.close()
