"""SavedModels with nothing but the signature `bound`, which take no time to export."""

import pathlib

import tensorflow as tf

from smoothing_tf import artifacts

FACTS = {
    "data": "tiny",
    "event_shape": [4, 4, 1],
    "num_levels": 4,
    "max_samples": 1000,
    "signatures": ["bound"],
}


def write_served(
    directory: pathlib.Path,
    *,
    offset: float = 0.0,
    seed_weight: float = 1.0,
    name: str = "levels",
    dtype: tf.DType = tf.int32,
    output: str = "bits_per_dim",
    classes: bool = False,
    largest: int = 255,
    **facts,
) -> pathlib.Path:
    """Writes a model whose bound is offset + weight * noise(seed) + mean(x).

    Args:
      directory: directory of the version.
      offset: what the bound of every example is greater by.
      seed_weight: weight of the noise, which a row's seed determines.
      name: name of the input of examples.
      dtype: its dtype.
      output: name of the output.
      classes: whether it takes a label, which is added.
      largest: largest value of an example that it takes.
      **facts: changes of FACTS; None drops an entry.
    """
    specs = [tf.TensorSpec(None, dtype, name), tf.TensorSpec(None, tf.int32, "seed")]
    if classes:
        specs.append(tf.TensorSpec(None, tf.int32, "label"))
    rank = 1 + len(facts.get("event_shape", FACTS["event_shape"]))

    @tf.function(input_signature=specs, autograph=False)
    def bound(x, seed, label=None):
        is_small = tf.reduce_all(x <= tf.constant(largest, dtype))
        with tf.control_dependencies([tf.Assert(is_small, ["`x` must be small."])]):
            x = tf.cast(x, tf.float64)
        mixed = tf.cast(seed % 9973, tf.int64) * [31, 7919]
        noise = tf.cast(tf.reduce_sum(mixed, axis=1) % 1000, tf.float64) / 1000
        value = tf.reduce_mean(x, axis=list(range(1, rank))) + seed_weight * noise
        if label is not None:
            value += tf.cast(label, tf.float64)
        return {output: value + offset}

    tf.saved_model.save(tf.Module(), str(directory), signatures={"bound": bound})
    every = FACTS | facts
    every = {key: value for key, value in every.items() if value is not None}
    artifacts.write_json(directory / "assets.extra/smoothing.json", every)
    return directory
