"""The published Inception graph as a SavedModel, and the ways to name another file."""

import hashlib

import numpy as np
import pytest
import scipy.special
import tensorflow as tf

from smoothing_tf import import_inception
from smoothing_tf.evaluation.extractors import Inception
from tests.testing.frozen_inception import NUM_CLASSES, NUM_FEATURES, frozen_inception


def run(directory, graph):
    path = directory / "classify_image_graph_def.pb"
    path.write_bytes(graph)
    output = directory / "inception"
    import_inception.main([f"--graph={path}", f"--output={output}"])
    return output


@pytest.fixture(scope="module")
def output(tmp_path_factory):
    return run(tmp_path_factory.mktemp("imported"), frozen_inception())


def images(n, channels=3):
    rng = np.random.Generator(np.random.PCG64(3))
    return rng.integers(0, 256, (n, 10, 12, channels), dtype=np.uint8)


def test_features_and_logits_are_those_of_the_graph(output):
    features, logits = Inception(str(output)).features_and_logits(images(3))
    assert features.shape == (3, NUM_FEATURES)
    assert logits.shape == (3, NUM_CLASSES)
    graph_def = tf.compat.v1.GraphDef.FromString(frozen_inception())
    with tf.Graph().as_default() as graph:
        tf.graph_util.import_graph_def(graph_def, name="")
        names = ("pool_3:0", "softmax/biases:0", "softmax:0")
        with tf.compat.v1.Session(graph=graph) as session:
            for index, image in enumerate(images(3)):
                # One image at a time, in place of the decoded file.
                feed = {"ExpandDims:0": image[None].astype(np.float32)}
                pool, bias, softmax = session.run(names, feed)
                np.testing.assert_allclose(features[index], pool[0, 0, 0], rtol=1e-5)
                with_bias = scipy.special.softmax(logits[index] + bias)
                np.testing.assert_allclose(with_bias, softmax[0], rtol=1e-4)


def test_the_digests_of_the_graph_and_of_the_extractor_are_printed(tmp_path, capsys):
    output = run(tmp_path, frozen_inception())
    extractor = Inception(str(output))
    printed = capsys.readouterr().out
    assert f"to {output}, sha256 {extractor.sha256}.\n" in printed
    assert f"graph_def.pb, sha256 {extractor.graph_sha256}, to" in printed
    assert extractor.graph_sha256 == hashlib.sha256(frozen_inception()).hexdigest()


def assert_refused(directory, graph, message):
    with pytest.raises(ValueError, match=message) as error:
        run(directory, graph)
    assert "\n" not in str(error.value)
    assert not (directory / "inception").exists()
    assert sorted(path.name for path in directory.iterdir()) == [
        "classify_image_graph_def.pb"
    ]


@pytest.mark.parametrize("graph", [b"\x1f\x8b of a .tgz", frozen_inception()[:-7]])
def test_a_file_that_is_no_graph_is_refused(tmp_path, graph):
    assert_refused(tmp_path, graph, "is not a frozen graph, or is damaged; name the")


@pytest.mark.parametrize(
    "name", ["ExpandDims", "Mul", "pool_3", "softmax/logits/MatMul"]
)
def test_another_graph_is_refused(tmp_path, name):
    graph = frozen_inception(without=name)
    assert_refused(tmp_path, graph, f"no operation {name} among its .*: it is not the")


def test_an_empty_file_is_refused(tmp_path):
    assert_refused(tmp_path, b"", "no operation ExpandDims or Mul or pool_3 or softmax")


@pytest.mark.parametrize(
    "change",
    [
        pytest.param({"ops": {"conv": "NoSuchOperation"}}, id="operation"),
        pytest.param({"inputs": {"softmax/logits/MatMul": []}}, id="input"),
        pytest.param({"inputs": {"pool_3": ["gone"]}}, id="edge"),
        pytest.param({"inputs": {"ExpandDims": ["gone"]}}, id="entry"),
        pytest.param({"weights": (5, 6)}, id="shape"),
    ],
)
def test_a_graph_that_tensorflow_cannot_run_is_refused_in_one_line(tmp_path, change):
    graph = altered(frozen_inception(), **change)
    assert_refused(tmp_path, graph, "cannot be imported; name the file .* says: .")


def altered(graph, ops=None, inputs=None, weights=None):
    graph_def = tf.compat.v1.GraphDef.FromString(graph)
    for node in graph_def.node:
        node.op = (ops or {}).get(node.name, node.op)
        node.input[:] = (inputs or {}).get(node.name, node.input)
        if weights is not None and node.name == "softmax/weights":
            tensor = tf.make_tensor_proto(np.zeros(weights, np.float32))
            node.attr["value"].tensor.CopyFrom(tensor)
    return graph_def.SerializeToString()


def test_a_graph_that_scales_in_another_way_is_refused(tmp_path):
    graph = frozen_inception(mean=117.0)
    assert_refused(tmp_path, graph, "scales images in another way .* pool_3 .* off by")


def test_a_missing_file_and_a_directory_in_use_are_refused(tmp_path, output):
    arguments = [f"--graph={tmp_path / 'none.pb'}", f"--output={tmp_path / 'new'}"]
    with pytest.raises(FileNotFoundError):
        import_inception.main(arguments)
    path = tmp_path / "graph.pb"
    path.write_bytes(frozen_inception())
    with pytest.raises(FileExistsError, match="already exists; remove it or name"):
        import_inception.main([f"--graph={path}", f"--output={output}"])
