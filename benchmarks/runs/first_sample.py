"""Measurements of the first draw of a model and of a SavedModel."""

import tempfile
import time
from typing import Any

import tensorflow as tf

from benchmarks import measure
from smoothing_tf.models import Condition


def run(
    setting: str, batch_size: int, stage: str, source: str, num_runs: int
) -> list[dict[str, Any]]:
    """Measures the row of one combination of choices."""
    num_mixtures = 5 if setting == "digits" else 10
    model = measure.make_model(
        setting, stage=stage, compute_dtype="float32", num_mixtures=num_mixtures
    )
    measure.shrink_outputs(model)
    shape = [batch_size, *model.event_shape]
    x = tf.random.stateless_uniform(shape, [1, 2], -1.0, 1.0)
    condition = Condition() if stage == "smoothed" else Condition(x)
    # One x for each x~, or the same number without x~.
    num_samples = batch_size if condition.is_empty else 1

    @tf.function(input_signature=[tf.TensorSpec([2], tf.int32)], autograph=False)
    def sample(seed):
        return model.sample(num_samples, condition, seed=seed)

    seed = tf.constant([1, 2])
    with tempfile.TemporaryDirectory() as directory:
        if source == "saved_model":
            module = tf.Module()
            # Keras hides its variables from TensorFlow.
            module.weights = [variable.value for variable in model.variables]
            module.sample = sample
            tf.saved_model.save(module, directory)

        start = time.process_time()
        if source == "saved_model":
            # Named, since it owns the variables of its functions.
            module = tf.saved_model.load(directory)
            sample = module.sample
        measure.wait(sample(seed))
        first = time.process_time() - start
    later = [measure.cpu_seconds_of(lambda: sample(seed)) for _ in range(num_runs)]
    row = {
        "setting": setting,
        "batch": batch_size,
        "stage": stage,
        "from": source,
        "operations": count_operations(sample.get_concrete_function()),
        "first draw, CPU s": first,
        "later draw, CPU s": measure.median(later),
    }
    return [row]


def count_operations(function: Any) -> int:
    """Counts the operations of a concrete function and of those that it calls."""
    graph = function.graph.as_graph_def()
    of_functions = (len(called.node_def) for called in graph.library.function)
    return len(graph.node) + sum(of_functions)
