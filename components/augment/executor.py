"""Augment: chooses the smoothing noise, checks it and shows its effect."""

import sys

import tensorflow as tf

from components.augment.preview import write_preview
from components.files import SMOOTHING_FILE
from smoothing_tf.artifacts import atomic_directory, write_json
from smoothing_tf.data.dataset import DataConfig, open_dataset
from smoothing_tf.data.noise_scale import median_distance_noise_scale, spread_warning
from smoothing_tf.numerics import nats_to_bits_per_dim
from smoothing_tf.settings import choose
from smoothing_tf.smoothing import SMOOTHINGS

PREVIEW_FILE = "preview.png"


def run(
    *,
    data_dir: str,
    smoothing: str,
    noise_scale: float | None,
    seed: int,
    output_dir: str,
) -> dict:
    """Chooses and checks the smoothing noise of a data set.

    Writes smoothing.json, which holds the returned value, and preview.png.

    Args:
      data_dir: TFDS directory, e.g. one that ingest wrote.
      smoothing: name in SMOOTHINGS.
      noise_scale: standard deviation per coordinate, on [-1, 1] for images; None for
        the median pairwise distance of the training data / (2 sqrt(D)).
      seed: the run's seed.
      output_dir: directory to write; must be empty or not exist.

    Returns:
      {"smoothing": name, "noise_scale": number, "chosen_by": how,
      "noise_entropy_bits_per_dim": entropy of q(x~|x), bits per dimension}.

    Raises:
      ValueError: an unknown smoothing or a noise scale that is not above 0.
    """
    smoothing_class = choose(SMOOTHINGS, smoothing, "smoothing")
    dataset = open_dataset(DataConfig("directory", data_dir))
    chosen_by = "given"
    if noise_scale is None:
        chosen_by = "auto (median pairwise distance)"
        noise_scale = median_distance_noise_scale(dataset)
    if warning := spread_warning(dataset, noise_scale):
        print(warning, file=sys.stderr)
    # One example of zeros: the entropy of the noise does not depend on x.
    noise = smoothing_class(noise_scale).distribution(
        tf.zeros([1, *dataset.event_shape], tf.float64)
    )
    num_dims = tf.TensorShape(dataset.event_shape).num_elements()
    resolved = {
        "smoothing": smoothing,
        "noise_scale": noise_scale,
        "chosen_by": chosen_by,
        "noise_entropy_bits_per_dim": nats_to_bits_per_dim(
            float(noise.entropy()[0]), num_dims
        ),
    }
    with atomic_directory(output_dir) as directory:
        write_preview(
            directory / PREVIEW_FILE,
            dataset,
            smoothing_class,
            noise_scale,
            seed=seed,
        )
        write_json(directory / SMOOTHING_FILE, resolved)
    return resolved
