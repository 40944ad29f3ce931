"""Exports as the page loads them."""

import pytest

from smoothing_tf.serving.demo.exported_model import ExportedModel


@pytest.fixture(scope="session")
def of_images(images_exported):
    return ExportedModel(images_exported)


@pytest.fixture(scope="session")
def of_vectors(vectors_exported):
    return ExportedModel(vectors_exported)
