"""Exported models that several tests use, and servers of them."""

import pytest

from tests.testing import served_exports
from tests.testing.model_server import ModelServer


@pytest.fixture(scope="session")
def images():
    return served_exports.images_model()


@pytest.fixture(scope="session")
def images_exported(images, tmp_path_factory):
    return served_exports.images_export(tmp_path_factory, images)


@pytest.fixture(scope="session")
def images_server(images_exported):
    server = ModelServer(images_exported)
    yield server
    server.close()


@pytest.fixture(scope="session")
def vectors():
    return served_exports.vectors_model()


@pytest.fixture(scope="session")
def vectors_exported(vectors, tmp_path_factory):
    return served_exports.vectors_export(tmp_path_factory, vectors)


@pytest.fixture(scope="session")
def vectors_server(vectors_exported):
    # One of the two servers optimizes its graphs, which takes most of their time.
    server = ModelServer(vectors_exported, optimize=False)
    yield server
    server.close()
