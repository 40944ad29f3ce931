"""A small frozen graph with the names and traits of the published Inception graph."""

import numpy as np
import tensorflow as tf

# The last version of graphs that allows the normalization.
_VERSION = 8
NUM_FEATURES, NUM_CLASSES = 6, 5


def frozen_inception(*, mean: float = 128.0, without: str | None = None) -> bytes:
    """Serializes a graph of random weights: JPEG -> pool_3, logits and probabilities.

    Like the published one, it decodes a file, allows one image at a time, is of an old
    version and holds a normalization that TensorFlow has removed since.

    Args:
      mean: the grey level that becomes 0.
      without: an operation to rename, with its uses.
    """
    rng = np.random.Generator(np.random.PCG64(7))
    graph_def = tf.compat.v1.GraphDef()
    graph_def.versions.producer = _VERSION

    def add(name, op, *inputs, **attributes):
        node = graph_def.node.add(name=name, op=op, input=inputs)
        for key, value in attributes.items():
            _set(node.attr[key], value)
        return name

    def constant(name, value):
        value = np.asarray(value)
        dtype = tf.as_dtype(value.dtype)
        return add(name, "Const", dtype=dtype, value=tf.make_tensor_proto(value))

    def random(name, *shape, low=-1.0):
        return constant(name, rng.uniform(low, 1.0, shape).astype(np.float32))

    float32 = dict(T=tf.float32)
    contents = constant("DecodeJpeg/contents", b"")
    image = add("DecodeJpeg", "DecodeJpeg", contents, channels=3)
    add("Cast", "Cast", image, SrcT=tf.uint8, DstT=tf.float32)
    axis = constant("ExpandDims/dim", np.int32(0))
    add("ExpandDims", "ExpandDims", "Cast", axis, **float32)
    size = constant("ResizeBilinear/size", np.int32([299, 299]))
    add("ResizeBilinear", "ResizeBilinear", "ExpandDims", size, **float32)
    add("Sub", "Sub", "ResizeBilinear", constant("Sub/y", np.float32(mean)), **float32)
    add("Mul", "Mul", "Sub", constant("Mul/y", np.float32(1 / 128)), **float32)
    window = dict(strides=[1, 37, 37, 1], padding=b"VALID")
    kernel = random("conv/weights", 4, 4, 3, NUM_FEATURES)
    add("conv/Conv2D", "Conv2D", "Mul", kernel, **window, **float32)
    add(
        "conv/batchnorm",
        "BatchNormWithGlobalNormalization",
        "conv/Conv2D",
        random("conv/mean", NUM_FEATURES),
        random("conv/variance", NUM_FEATURES, low=0.5),
        random("conv/beta", NUM_FEATURES),
        random("conv/gamma", NUM_FEATURES),
        variance_epsilon=0.001,
        scale_after_normalization=True,
        _output_shapes=[[1, 8, 8, NUM_FEATURES]],
        **float32,
    )
    add("conv", "Relu", "conv/batchnorm", **float32)
    add(
        "pool_3",
        "AvgPool",
        "conv",
        ksize=[1, 8, 8, 1],
        strides=[1, 1, 1, 1],
        padding=b"VALID",
        **float32,
    )
    shape = constant("pool_3/_reshape/shape", np.int32([1, NUM_FEATURES]))
    add("pool_3/_reshape", "Reshape", "pool_3", shape, **float32)
    weights = random("softmax/weights", NUM_FEATURES, NUM_CLASSES)
    product = "softmax/logits/MatMul"
    add(product, "MatMul", "pool_3/_reshape", weights, **float32)
    bias = random("softmax/biases", NUM_CLASSES)
    add("softmax/logits", "BiasAdd", product, bias, **float32)
    add("softmax", "Softmax", "softmax/logits", **float32)
    for node in graph_def.node:
        node.name = _renamed(node.name, without)
        node.input[:] = [_renamed(name, without) for name in node.input]
    return graph_def.SerializeToString()


def _renamed(name, without):
    return f"other_{name}" if name == without else name


def _set(attribute, value):
    if isinstance(value, bool):
        attribute.b = value
    elif isinstance(value, float):
        attribute.f = value
    elif isinstance(value, int):
        attribute.i = value
    elif isinstance(value, bytes):
        attribute.s = value
    elif isinstance(value, tf.DType):
        attribute.type = value.as_datatype_enum
    elif isinstance(value, list) and isinstance(value[0], list):
        shapes = [tf.TensorShape(shape).as_proto() for shape in value]
        attribute.list.shape.extend(shapes)
    elif isinstance(value, list):
        attribute.list.i.extend(value)
    else:
        attribute.tensor.CopyFrom(value)
