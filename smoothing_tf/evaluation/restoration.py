"""Denoising and inpainting of given images, and pictures of what came of it."""

from collections.abc import Mapping

import numpy as np

from smoothing_tf.data.channels import show_channels
from smoothing_tf.evaluation import figures, pictures
from smoothing_tf.evaluation import samples as sampling
from smoothing_tf.evaluation.extractors.images import is_image_shape
from smoothing_tf.models.inpainting import check_stages
from smoothing_tf.models.two_stage import TwoStageModel
from smoothing_tf.seeds import derive_seed, example_seeds

# What is made of given x~, in the order of the pictures.
_DENOISED = {
    "smoothed": "Given x̃",
    "single_step": "Single-step denoised",
    "samples": "Samples of p(x | x̃)",
}
# Of a missing pixel: no grey, so that it is not taken for a known one.
_MISSING_COLOUR = (150, 170, 220)
_NUM_PICTURED = 12
_MOST_INPAINTINGS = 10


def denoise_images(
    two_stage: TwoStageModel,
    x_smoothed: np.ndarray,
    *,
    num_draws: int = 1,
    seed: int,
    progress: bool,
    gradient: str = "exact",
) -> dict[str, np.ndarray]:
    """Draws x ~ p(x | x~) for given x~.

    Args:
      two_stage: the model.
      x_smoothed: float32 [n, ...event].
      num_draws: K, of each x~.
      seed: the run's seed. A draw depends on the places of its x~ among the given
        ones and of itself among the draws of that, and not on the others.
      progress: whether to show a progress bar.
      gradient: of "single_step"; see `single_step_denoise`.

    Returns:
      float32: "smoothed", as given, and, for Gaussian smoothing, "single_step",
      [n, ...event]; "samples" [n K, ...event], those of an x~ together.
    """

    def draw(x_smoothed, seeds):
        return {"samples": two_stage.denoise(x_smoothed, seed=seeds)}

    single_steps = sampling.single_steps(
        two_stage.smoothing,
        two_stage.smoothed,
        x_smoothed,
        gradient,
        progress=progress,
    )
    drawn = sampling.in_batches(
        draw,
        np.repeat(x_smoothed, num_draws, axis=0),
        _seeds_of_draws(seed, "denoise", len(x_smoothed), num_draws),
        progress=progress,
    )
    return {"smoothed": x_smoothed, **single_steps, **drawn}


def inpaint_images(
    two_stage: TwoStageModel,
    images: np.ndarray,
    mask: np.ndarray,
    *,
    num_inpaintings: int = 1,
    num_particles: int = 1,
    seed: int,
    progress: bool,
) -> dict[str, np.ndarray]:
    """Draws what is missing in given images.

    Args:
      two_stage: the model.
      images: float32 [n, ...event]; what is missing may be any number.
      mask: bool, True where a pixel is known; see `TwoStageModel.inpaint`.
      num_inpaintings: K, of each image.
      num_particles: N; see `TwoStageModel.inpaint`.
      seed: the run's seed. An inpainting depends on the places of its image among
        the images and of itself among the image's, and not on the others.
      progress: whether to show a progress bar.

    Returns:
      "smoothed" and "samples", float32 [n K, ...event], those of an image together.
    """
    check_stages(two_stage.smoothed, two_stage.reverse)
    seeds = _seeds_of_draws(seed, "inpainting", len(images), num_inpaintings)
    position_rank = 2 if images.ndim == 4 else images.ndim - 1
    if mask.ndim == position_rank:
        mask = np.repeat(mask[None], len(images), axis=0)

    def draw(images, mask, seeds):
        x_smoothed, x = two_stage.inpaint(
            images, mask, seed=seeds, num_particles=num_particles
        )
        return {"smoothed": x_smoothed, "samples": x}

    return sampling.in_batches(
        draw,
        np.repeat(images, num_inpaintings, axis=0),
        np.repeat(mask, num_inpaintings, axis=0),
        seeds,
        progress=progress,
        # As many particles at once as elsewhere examples.
        batch_size=max(1, sampling.BATCH_SIZE // num_particles),
    )


def picture_denoised(examples: Mapping[str, np.ndarray]) -> np.ndarray | None:
    """What was given beside what was made of it, at the same places.

    The first images are shown, in the order given, to be found again in the file.

    Args:
      examples: some kinds of `denoise_images` -> uint8 images [n, h, w, c], vectors
        [n, d], or anything else.

    Returns:
      uint8 [height, width, 3], or None for examples that are no picture.
    """
    captioned = {
        caption: examples[kind]
        for kind, caption in _DENOISED.items()
        if kind in examples
    }
    if not captioned:
        return None
    one_kind = next(iter(captioned.values()))
    if one_kind.ndim == 2:
        return figures.scatter_columns(captioned)
    if not _is_picture(one_kind):
        return None
    return pictures.labelled_columns(captioned)


def picture_inpainted(
    images: np.ndarray, mask: np.ndarray, inpainted: np.ndarray
) -> np.ndarray | None:
    """The known pixels of images, the others in a colour, beside the inpaintings.

    Args:
      images: uint8 [n, h, w, c] or vectors [n, d].
      mask: bool, as for `inpaint_images`.
      inpainted: of the same kind, [n K, ...], those of an image together.

    Returns:
      uint8 [height, width, 3]: an image a row for several inpaintings of each, a
      grid of each for a single one; vectors as points. None for examples that are
      no picture.
    """
    if images.ndim == 2:
        return figures.scatter_columns({"Inpainted": inpainted})
    if not _is_picture(inpainted):
        return None
    known = np.broadcast_to(mask, images.shape[:3])[..., None]
    # Where channels are shown side by side, so is the mask of each.
    known = show_channels(
        255 * known.repeat(images.shape[-1], axis=-1).astype(np.uint8)
    )
    shown = show_channels(images)
    colour = shown.repeat(3 // shown.shape[-1], axis=-1)
    given = np.where(known > 0, colour, np.uint8(_MISSING_COLOUR))
    num_inpaintings = len(inpainted) // len(images)
    if num_inpaintings == 1:
        return pictures.labelled_columns({"Given": given, "Inpainted": inpainted})
    by_image = inpainted.reshape(len(images), num_inpaintings, *images.shape[1:])
    by_image = by_image[:_NUM_PICTURED, :_MOST_INPAINTINGS]
    columns = by_image.shape[1]
    return pictures.labelled_columns(
        {
            "Given": given[:_NUM_PICTURED],
            "Inpainted": by_image.reshape(-1, *images.shape[1:]),
        },
        columns=(1, columns),
        num_images=_NUM_PICTURED * columns,
    )


def _seeds_of_draws(
    seed: int, purpose: str, num_examples: int, num_draws: int
) -> np.ndarray:
    """int32 [num_examples * num_draws, 2], those of an example together."""
    seeds = [
        example_seeds(derive_seed(seed, purpose, k), num_examples)
        for k in range(num_draws)
    ]
    return np.stack(seeds, axis=1).reshape(-1, 2)


def _is_picture(examples: np.ndarray) -> bool:
    return examples.dtype == np.uint8 and is_image_shape(examples.shape[1:])
