import keras
import tensorflow as tf

from smoothing_tf.models import PixelCNNConfig, build_model
from smoothing_tf.models.layer_names import fresh_layer_names

CONFIG = PixelCNNConfig(num_blocks=1, num_filters=4, num_mixtures=1)


def trace_names():
    """Returns the names of the operations of a model's gradient, in their order."""
    model = build_model(
        "pixelcnn", CONFIG, stage="baseline", event_shape=(4, 4, 1), num_levels=4
    )

    @tf.function(autograph=False)
    def compute(x):
        with tf.GradientTape() as tape:
            loss = tf.reduce_sum(model.log_prob(x))
        return tape.gradient(loss, model.trainable_variables)

    graph = compute.get_concrete_function(tf.TensorSpec([2, 4, 4, 1])).graph
    return [operation.name for operation in graph.get_operations()]


def test_a_model_has_the_same_graph_whatever_was_built_before():
    first = trace_names()
    assert trace_names() == first


def test_layers_outside_keep_unique_names():
    before = keras.layers.Dense(1).name
    with fresh_layer_names():
        inside = [keras.layers.Dense(1).name for _ in range(2)]
    assert inside == ["dense", "dense_1"]
    assert keras.layers.Dense(1).name != before
