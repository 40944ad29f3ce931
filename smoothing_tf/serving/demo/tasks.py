"""What can be done with an export: from the inputs of a form to arrays."""

import math
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from smoothing_tf.serving.demo.exported_model import ExportedModel

# Noise with variance 1, of a random generator and a shape.
_NOISES: Mapping[str, Callable[[np.random.Generator, tuple[int, ...]], np.ndarray]] = {
    "gaussian": lambda rng, shape: rng.standard_normal(shape),
    "laplace": lambda rng, shape: rng.laplace(scale=0.5**0.5, size=shape),
    "uniform": lambda rng, shape: rng.uniform(-(3.0**0.5), 3.0**0.5, shape),
}
# Signatures draw a class, or infer it, where its number is this.
ANY_CLASS = -1
MAX_SEED = 2**31 - 1


def draw(
    model: ExportedModel, seed: int, number: int, label: int | None = None
) -> dict[str, np.ndarray]:
    """Draws samples.

    Args:
      model: the model.
      seed: a whole number from 0 to 2**31 - 1.
      number: number of samples.
      label: class of all samples, or ANY_CLASS; ignored if the model has no classes.

    Returns:
      The outputs of `sample_rows`, [number, ...] each.
    """
    seeds = _seeds(seed, number)
    return model.call(
        "sample_rows", seed=seeds, **_labels(model, "sample_rows", label, number)
    )


def knows_noise(model: ExportedModel) -> bool:
    """Whether `add_noise` can add noise of the model's kind."""
    return model.facts["smoothing"] in _NOISES


def add_noise(
    model: ExportedModel, image: np.ndarray, deviation: float, seed: int
) -> np.ndarray:
    """Adds noise of the model's kind to an image.

    Args:
      model: the model, of images with levels.
      image: uint8 [h, w, c].
      deviation: standard deviation of the noise, with images on [-1, 1].
      seed: a whole number from 0 to 2**31 - 1.

    Returns:
      x~, float32 [h, w, c], not clipped.

    Raises:
      ValueError: the page does not know the model's noise; see `knows_noise`.
    """
    if not knows_noise(model):
        raise ValueError(
            f"The page cannot add {model.facts['smoothing']} noise, only"
            f" {', '.join(_NOISES)}. Call the signature denoise instead."
        )
    if deviation is None or not (math.isfinite(deviation) and deviation >= 0.0):
        raise ValueError(
            "The standard deviation of the noise must be a number of at least 0; got"
            f" {deviation}."
        )
    rng = np.random.default_rng(_check_seed(seed))
    noise = _NOISES[model.facts["smoothing"]](rng, image.shape)
    return (image / 127.5 - 1.0 + deviation * noise).astype(np.float32)


def denoise(
    model: ExportedModel,
    x_smoothed: np.ndarray,
    seed: int,
    number: int,
    label: int | None = None,
) -> dict[str, np.ndarray]:
    """Removes noise in one step and in two.

    Args:
      model: the model.
      x_smoothed: x~, float32 [...event_shape].
      seed: a whole number from 0 to 2**31 - 1.
      number: number of draws of p(x|x~).
      label: class of the image; ignored if the model has no classes.

    Returns:
      "samples", [number, ...], and if the noise is Gaussian "single_step", [1, ...].
    """
    rows = np.repeat(x_smoothed[np.newaxis], _check_count(number), axis=0)
    labels = _labels(model, "denoise", label, number)
    found = model.call("denoise", x_smoothed=rows, seed=_seeds(seed, number), **labels)
    if "single_step_denoise" in model.signatures:
        labels = _labels(model, "single_step_denoise", label, 1)
        found |= model.call("single_step_denoise", x_smoothed=rows[:1], **labels)
    return found


def inpaint(
    model: ExportedModel,
    image: np.ndarray,
    known: np.ndarray,
    seed: int,
    number: int,
    num_particles: int,
    label: int | None = None,
) -> np.ndarray:
    """Draws the missing pixels of an image.

    Args:
      model: the model; its export has `inpaint`.
      image: uint8 [h, w, c].
      known: uint8 [h, w], 1 for known and 0 for missing pixels.
      seed: a whole number from 0 to 2**31 - 1.
      number: number of inpaintings.
      num_particles: number of particles of each.
      label: class of the image, or ANY_CLASS; ignored if the model has no classes.

    Returns:
      uint8 [number, h, w, c].
    """
    seeds = _seeds(seed, number)
    # Number of inpaintings whose particles fit into a request.
    size = max(1, model.max_samples // _check_count(num_particles))
    found = []
    for start in range(0, number, size):
        part = seeds[start : start + size]
        outputs = model.call(
            "inpaint",
            pixels=np.stack([image] * len(part)),
            mask=np.stack([known] * len(part)),
            num_particles=num_particles,
            seed=part,
            **_labels(model, "inpaint", label, len(part)),
        )
        found.append(outputs["samples"])
    return np.concatenate(found)


def score(
    model: ExportedModel,
    images: np.ndarray,
    seed: int,
    num_draws: int,
    label: int | None = None,
) -> dict[str, np.ndarray]:
    """Computes the likelihoods of images.

    Args:
      model: the model, of images with levels.
      images: uint8 [n, h, w, c].
      seed: a whole number from 0 to 2**31 - 1.
      num_draws: number of draws of x~ for each image.
      label: class of the images; ignored if the model has no classes.

    Returns:
      Name of a metric as in metrics.json -> bits per dimension, float64 [n]:
      "bits_per_dim", the mean bound of the draws, and "bits_per_dim_baseline", which
      is exact; those that the export has.
    """
    scores = {}
    if "bound_pixels" in model.signatures:
        rows = np.repeat(images, _check_count(num_draws), axis=0)
        bounds = _bits_per_dim(model, "bound_pixels", rows, label, seed)
        scores["bits_per_dim"] = bounds.reshape(len(images), num_draws).mean(axis=1)
    if "log_prob_pixels" in model.signatures:
        scores["bits_per_dim_baseline"] = _bits_per_dim(
            model, "log_prob_pixels", images, label
        )
    return scores


def _bits_per_dim(
    model: ExportedModel,
    signature: str,
    pixels: np.ndarray,
    label: int | None,
    seed: int | None = None,
) -> np.ndarray:
    """Calls a likelihood, in requests of no more rows than one may have."""
    found = []
    for start in range(0, len(pixels), model.max_samples):
        rows = slice(start, start + model.max_samples)
        part = pixels[rows]
        seeds = {} if seed is None else {"seed": _seeds(seed, len(pixels))[rows]}
        labels = _labels(model, signature, label, len(part))
        outputs = model.call(signature, pixels=part, **seeds, **labels)
        found.append(outputs["bits_per_dim"])
    return np.concatenate(found)


def _labels(
    model: ExportedModel, signature: str, label: int | None, number: int
) -> dict[str, Any]:
    """Makes the input `label` of a signature that has one."""
    if not model.takes(signature, "label"):
        return {}
    if label is None:
        raise ValueError("`label` must be given: the model is conditional on a class.")
    return {"label": np.full([number], label, np.int32)}


def _seeds(seed: int, number: int) -> np.ndarray:
    """Makes a seed for each row, int32 [number, 2]."""
    rows = np.arange(_check_count(number), dtype=np.int32)
    return np.stack([np.full_like(rows, _check_seed(seed)), rows], axis=1)


def _check_count(number: Any) -> int:
    """Requires a number of samples, draws or particles."""
    if number is None or not 1 <= number <= MAX_SEED or int(number) != number:
        raise ValueError(
            "The number of samples, draws or particles must be a whole number of at"
            f" least 1; got {number}."
        )
    return int(number)


def _check_seed(seed: Any) -> int:
    if seed is None or not 0 <= seed <= MAX_SEED or int(seed) != seed:
        raise ValueError(
            f"The seed must be a whole number from 0 to {MAX_SEED}; got {seed}."
        )
    return int(seed)
