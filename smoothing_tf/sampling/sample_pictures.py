"""Pictures of samples, and of images that were denoised or inpainted."""

from collections.abc import Mapping, Sequence

import numpy as np

from smoothing_tf.data.channels import is_image_shape, show_channels
from smoothing_tf.data.image_view import Images
from smoothing_tf.data.subsets import subset_indices
from smoothing_tf.sampling import pictures
from smoothing_tf.sampling.kinds import CAPTIONS
from smoothing_tf.sampling.scatter import scatter_columns

# Name of the picture in which the kinds of samples stand side by side.
COLUMNS = "columns"
# Kinds of `denoise_images`, in the order of the pictures.
_DENOISED = {
    "smoothed": "Given x̃",
    "single_step": "Single-step denoised",
    "samples": "Samples of p(x | x̃)",
}
# Not a grey, so that a missing pixel is not mistaken for a known one.
MISSING_COLOR = (150, 170, 220)
_NUM_PICTURED = 64
_COLUMNS = 8
_NUM_INPAINTED = 12
_MOST_INPAINTINGS = 10


def picture_samples(
    real: Images | None,
    samples: Mapping[str, np.ndarray],
    columns: Sequence[str] | None = None,
) -> dict[str, np.ndarray]:
    """Shows real data and samples.

    Args:
      real: uint8 images [n, h, w, c], vectors [n, d], or anything else, in any order:
        a random subset of them is shown. None leaves them out.
      samples: kind -> examples of the same form.
      columns: names of the coordinates of vectors, or None.

    Returns:
      Name -> uint8 picture [height, width, c]: for images a grid of each kind
      and "columns", all of them side by side; for vectors "points"; nothing for
      examples that cannot be shown, e.g. continuous ones with three axes.
    """
    groups: dict[str, np.ndarray] = {}
    if real is not None:
        # Images may be stored by class; samples are already in random order.
        is_image = is_image_shape(real.shape[1:])
        rows = subset_indices(len(real), _NUM_PICTURED) if is_image else slice(None)
        groups["real"] = real[rows]
    groups.update((kind, samples[kind]) for kind in CAPTIONS if kind in samples)
    captioned = {CAPTIONS[kind]: examples for kind, examples in groups.items()}
    first = next(iter(groups.values()))
    if first.ndim == 2:
        return {"points": scatter_columns(captioned, axis_names=columns)}
    if first.dtype != np.uint8 or not is_image_shape(first.shape[1:]):
        return {}
    shown = {
        kind: pictures.image_grid(images[:_NUM_PICTURED], _COLUMNS)
        for kind, images in groups.items()
    }
    return {**shown, COLUMNS: pictures.labeled_columns(captioned)}


def picture_neighbors(samples: np.ndarray, training: np.ndarray) -> np.ndarray:
    """Shows samples next to training images, pair by pair at the same places.

    Args:
      samples: uint8 [n, h, w, c].
      training: the nearest training image of each, of the same shape.

    Returns:
      uint8 [height, width, 3].
    """
    return pictures.labeled_columns(
        {"Samples": samples, "Training images": training}, columns=4
    )


def picture_denoised(
    examples: Mapping[str, np.ndarray], columns: Sequence[str] | None = None
) -> np.ndarray | None:
    """Shows given x~ next to their denoised versions, at the same places.

    The first images are shown, in the order of the file.

    Args:
      examples: kinds of `denoise_images` -> uint8 images [n, h, w, c], vectors
        [n, d], or anything else.
      columns: names of the coordinates of vectors, or None.

    Returns:
      uint8 [height, width, 3], or None for examples that cannot be shown.
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
        return scatter_columns(captioned, axis_names=columns)
    if not _is_picture(one_kind):
        return None
    return pictures.labeled_columns(captioned)


def picture_inpainted(
    images: np.ndarray,
    mask: np.ndarray,
    inpainted: np.ndarray,
    columns: Sequence[str] | None = None,
) -> np.ndarray | None:
    """Shows images with their missing pixels colored, next to the inpaintings.

    Args:
      images: uint8 [n, h, w, c] or vectors [n, d].
      mask: bool, as for `inpaint_images`.
      inpainted: inpaintings of the same kind, [n K, ...], the K inpaintings of each
        image next to each other.
      columns: names of the coordinates of vectors, or None.

    Returns:
      uint8 [height, width, 3]: with several inpaintings one row per image, with one
      a grid of images next to a grid of inpaintings; vectors as points. None for
      examples that cannot be shown as pictures.
    """
    if images.ndim == 2:
        return scatter_columns({"Inpainted": inpainted}, axis_names=columns)
    if not _is_picture(inpainted):
        return None
    known = np.broadcast_to(mask, images.shape[:3])[..., None]
    # Where channels are shown side by side, the mask is shown once per channel.
    known = show_channels(
        255 * known.repeat(images.shape[-1], axis=-1).astype(np.uint8)
    )
    shown = show_channels(images)
    color = shown.repeat(3 // shown.shape[-1], axis=-1)
    given = np.where(known > 0, color, np.array(MISSING_COLOR, np.uint8))
    num_inpaintings = len(inpainted) // len(images)
    if num_inpaintings == 1:
        return pictures.labeled_columns({"Given": given, "Inpainted": inpainted})
    by_image = inpainted.reshape(len(images), num_inpaintings, *images.shape[1:])
    by_image = by_image[:_NUM_INPAINTED, :_MOST_INPAINTINGS]
    num_columns = by_image.shape[1]
    return pictures.labeled_columns(
        {
            "Given": given[:_NUM_INPAINTED],
            "Inpainted": by_image.reshape(-1, *images.shape[1:]),
        },
        columns=(1, num_columns),
        num_images=_NUM_INPAINTED * num_columns,
    )


def _is_picture(examples: np.ndarray) -> bool:
    return examples.dtype == np.uint8 and is_image_shape(examples.shape[1:])
