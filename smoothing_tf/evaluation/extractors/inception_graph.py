"""The published Inception graph as a SavedModel."""

import contextlib
import hashlib
import pathlib
from collections.abc import Iterator
from typing import Any

import numpy as np
import tensorflow as tf

from smoothing_tf import artifacts
from smoothing_tf.evaluation.extractors.inception import (
    IMAGE_SIZE,
    ORIGIN_FILE,
    Inception,
)

# Names in the graph of 2015-12-05. The images, with values from 0 to 255, are resized
# and scaled by the operations before SCALED, whose output is on [-1, 1].
IMAGES, SCALED, POOL, PRODUCT = ("ExpandDims", "Mul", "pool_3", "softmax/logits/MatMul")
_FILE = "classify_image_graph_def.pb"
# Removed from TensorFlow for graphs of versions after 8.
_NORMALIZATION = "BatchNormWithGlobalNormalization"
_TOLERANCE = 1e-4


def import_inception(
    graph: bytes, source: str, directory: artifacts.Path
) -> tuple[str, str]:
    """Writes the SavedModel that `Inception` loads, with the sha256 of the graph.

    The images enter the graph where they have been resized and scaled, which
    `Inception` does itself. The logits are the features times the weights of the
    classes, without a bias. The graph allows a single image at a time, the SavedModel
    any number.

    Args:
      graph: content of classify_image_graph_def.pb, a serialized GraphDef.
      source: name of the file, for error messages.
      directory: directory of the SavedModel; must be empty or missing.

    Returns:
      The sha256 of the SavedModel and that of the graph; evaluations record both.

    Raises:
      FileExistsError: the directory is not empty.
      ValueError: the file is not a graph, or another one; or the SavedModel computes
        something else.
    """
    graph_def = _parse(graph, source)
    with artifacts.atomic_directory(directory) as temporary:
        _save(graph_def, source, temporary)
        graph_sha256 = hashlib.sha256(graph).hexdigest()
        artifacts.write_json(temporary / ORIGIN_FILE, {"graph_sha256": graph_sha256})
        imported = Inception(str(temporary))
        _compare(graph_def, source, imported)
    return imported.sha256, graph_sha256


def _parse(graph: bytes, source: str) -> tf.compat.v1.GraphDef:
    graph_def = tf.compat.v1.GraphDef()
    try:
        graph_def.ParseFromString(graph)
    # The decoder's error belongs to protobuf, which TensorFlow chooses.
    except Exception as error:
        raise ValueError(
            f"{source} is not a frozen graph, or is damaged; name the file {_FILE} of"
            " the archive inception-2015-12-05.tgz."
        ) from error
    names = {node.name for node in graph_def.node}
    missing = [n for n in (IMAGES, SCALED, POOL, PRODUCT) if n not in names]
    if missing:
        raise ValueError(
            f"{source} has no operation {' or '.join(missing)} among its"
            f" {len(names)}: it is not the Inception graph of 2015-12-05. Name the file"
            f" {_FILE} of the archive inception-2015-12-05.tgz."
        )
    return graph_def


@contextlib.contextmanager
def _one_line(source: str) -> Iterator[None]:
    """Turns what TensorFlow raises for a graph that it cannot run into one line."""
    try:
        yield
    except (
        ArithmeticError,
        AssertionError,
        AttributeError,
        LookupError,
        RuntimeError,
        TypeError,
        ValueError,
        tf.errors.OpError,
    ) as error:
        lines = [line for line in str(error).splitlines() if line.strip()]
        reason = lines[0].strip() if lines else type(error).__name__
        raise ValueError(
            f"{source} cannot be imported; name the file {_FILE} of the archive"
            f" inception-2015-12-05.tgz. TensorFlow says: {reason}"
        ) from error


def _save(
    graph_def: tf.compat.v1.GraphDef, source: str, directory: pathlib.Path
) -> None:
    with _one_line(source):
        signature = _signature(graph_def)
    tf.saved_model.save(tf.Module(), str(directory), signatures=signature)


def _signature(graph_def: tf.compat.v1.GraphDef) -> Any:
    """Traces images on [-1, 1] -> features and logits."""
    weights = _node(graph_def, PRODUCT).input[1]
    cut = tf.compat.v1.GraphDef()
    cut.versions.producer = tf.version.GRAPH_DEF_VERSION
    for node in graph_def.node:
        cut.node.extend(_modernize(node))
    cut = tf.compat.v1.graph_util.extract_sub_graph(
        cut, [POOL, weights.partition(":")[0]]
    )

    def network(images):
        pool, kernel = tf.graph_util.import_graph_def(
            cut,
            input_map={f"{SCALED}:0": images},
            return_elements=[f"{POOL}:0", _tensor_name(weights)],
            name="",
        )
        features = tf.reshape(pool, [tf.shape(images)[0], kernel.shape[0]])
        return {"pool_3": pool, "logits": features @ kernel}

    shape = [None, IMAGE_SIZE, IMAGE_SIZE, 3]
    return tf.function(
        network,
        input_signature=[tf.TensorSpec(shape, tf.float32, "images")],
        autograph=False,
    ).get_concrete_function()


def _node(graph_def: tf.compat.v1.GraphDef, name: str) -> tf.compat.v1.NodeDef:
    return next(node for node in graph_def.node if node.name == name)


def _tensor_name(node_input: str) -> str:
    """Writes the input of a node as the name of a tensor."""
    return node_input if ":" in node_input else f"{node_input}:0"


def _modernize(node: tf.compat.v1.NodeDef) -> Iterator[tf.compat.v1.NodeDef]:
    """Yields the nodes that replace one, for the current version of TensorFlow.

    The image enters at `SCALED`, and the stored shapes, those of one image, are left
    out. The removed normalization (t - m) rsqrt(v + epsilon) gamma + beta is written
    in elementary operations.
    """
    kept = tf.compat.v1.NodeDef()
    kept.CopyFrom(node)
    kept.attr.pop("_output_shapes", None)
    if node.name == SCALED:
        kept.Clear()
        kept.name, kept.op = SCALED, "Placeholder"
        kept.attr["dtype"].type = tf.float32.as_datatype_enum
    if node.op != _NORMALIZATION:
        yield kept
        return
    values, mean, variance, beta, gamma = node.input[:5]
    epsilon = kept.attr["variance_epsilon"].f
    has_scale = kept.attr["scale_after_normalization"].b

    def make(suffix, op, *inputs):
        made = tf.compat.v1.NodeDef(name=node.name + suffix, op=op, input=inputs)
        made.attr["T"].CopyFrom(node.attr["T"])
        return made

    constant = tf.compat.v1.NodeDef(name=f"{node.name}/epsilon", op="Const")
    constant.attr["dtype"].CopyFrom(node.attr["T"])
    constant.attr["value"].tensor.CopyFrom(
        tf.make_tensor_proto(epsilon, tf.as_dtype(node.attr["T"].type))
    )
    yield constant
    yield make("/variance", "AddV2", variance, constant.name)
    yield make("/rsqrt", "Rsqrt", f"{node.name}/variance")
    factor = f"{node.name}/rsqrt"
    if has_scale:
        yield make("/factor", "Mul", factor, gamma)
        factor = f"{node.name}/factor"
    yield make("/scaled", "Mul", values, factor)
    yield make("/mean", "Mul", mean, factor)
    yield make("/offset", "Sub", beta, f"{node.name}/mean")
    yield make("", "AddV2", f"{node.name}/scaled", f"{node.name}/offset")


def _compare(
    graph_def: tf.compat.v1.GraphDef, source: str, imported: Inception
) -> None:
    """Compares the import with the graph, from the pixels to the logits.

    Raises:
      ValueError: they differ by more than rounding.
    """
    images = np.random.Generator(np.random.PCG64(0)).integers(
        0, 256, (2, 32, 32, 3), dtype=np.uint8
    )
    with _one_line(source):
        expected = _run(graph_def, images)
        found = imported.features_and_logits(images)
    for name, old, new in zip(("pool_3", "logits"), expected, found):
        if old.shape != new.shape:
            raise ValueError(
                f"{source} has a {name} of another shape than the Inception graph of"
                f" 2015-12-05; name the file {_FILE}."
            )
        error = np.max(np.abs(new - old)) / max(np.max(np.abs(old)), 1e-30)
        if not error < _TOLERANCE:
            raise ValueError(
                f"{source} resizes or scales images in another way than the Inception"
                f" graph of 2015-12-05: {name} of its SavedModel is off by"
                f" {error:.2g}. Name the file {_FILE}."
            )


def _run(
    graph_def: tf.compat.v1.GraphDef, images: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Computes features and logits with the graph as it is, image by image."""
    with tf.Graph().as_default() as graph:
        tf.graph_util.import_graph_def(graph_def, name="")
        pool = graph.get_tensor_by_name(f"{POOL}:0")
        kernel = graph.get_operation_by_name(PRODUCT).inputs[1]
        entry = graph.get_tensor_by_name(f"{IMAGES}:0")
        with tf.compat.v1.Session(graph=graph) as session:
            found = [
                session.run((pool, kernel), {entry: image[None].astype(np.float32)})
                for image in images
            ]
    features = np.concatenate([pool.reshape(1, -1) for pool, _ in found])
    return features, features @ found[0][1]
