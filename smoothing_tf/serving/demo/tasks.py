"""What can be done with an export: from the inputs of a form to arrays."""

from typing import Any

import numpy as np

from smoothing_tf.serving.demo.exported_model import ExportedModel

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
    """
    rng = np.random.default_rng(_check_seed(seed))
    shape = image.shape
    # Each has variance 1.
    noises = {
        "gaussian": lambda: rng.standard_normal(shape),
        "laplace": lambda: rng.laplace(scale=0.5**0.5, size=shape),
        "uniform": lambda: rng.uniform(-(3.0**0.5), 3.0**0.5, shape),
    }
    noise = noises.get(model.facts["smoothing"], noises["gaussian"])()
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
    rows = np.repeat(x_smoothed[np.newaxis], number, axis=0)
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
    # A request may have so many rows of particles.
    size = max(1, model.max_samples // num_particles)
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
        rows = np.repeat(images, num_draws, axis=0)
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
    rows = np.arange(number, dtype=np.int32)
    return np.stack([np.full_like(rows, _check_seed(seed)), rows], axis=1)


def _check_seed(seed: Any) -> int:
    if seed is None or int(seed) != seed or not 0 <= seed <= MAX_SEED:
        raise ValueError(
            f"The seed must be a whole number from 0 to {MAX_SEED}; got {seed}."
        )
    return int(seed)
