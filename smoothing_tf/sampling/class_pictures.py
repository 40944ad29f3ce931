"""Pictures of samples by class."""

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib import font_manager
from PIL import Image, ImageDraw, ImageFont

from smoothing_tf.data.channels import is_image_shape
from smoothing_tf.models.trained import Trained
from smoothing_tf.sampling.kinds import CAPTIONS
from smoothing_tf.sampling.pictures import image_grid
from smoothing_tf.sampling.scatter import scatter_columns
from smoothing_tf.stage import TWO_STAGES, Stage

_NUM_COLUMNS = 8
# A picture of hundreds of rows shows nothing.
_MOST_ROWS = 50
# Clouds of points take more space than rows of images.
_MOST_CLOUDS = 20
# Kinds to show, the first that is there.
_KINDS = ("samples", "single_step", "smoothed", "baseline")
# Kind -> the stages that draw it, where these are not the stage smoothed alone.
_STAGES = {"samples": TWO_STAGES, "baseline": (Stage.BASELINE,)}
_FONT_SIZE = 13
_MARGIN = 8


def picture_classes(
    trained: Trained,
    samples: Mapping[str, np.ndarray],
    labels: np.ndarray | None,
    columns: Sequence[str] | None = None,
) -> np.ndarray | None:
    """Shows samples of each class with its name, under a caption.

    Images are a row per class, vectors a cloud of points per class.

    Args:
      trained: the models that drew the samples. Kinds that none of them drew for the
        class are not shown: their labels say nothing about them.
      samples: kind -> uint8 images [n, h, w, c], or vectors [n, d].
      labels: class of each sample, int [n], or None.
      columns: names of the coordinates of vectors, or None.

    Returns:
      uint8 [height, width, 3]; None without labels, or for samples of another form.
    """
    kinds = [kind for kind in _KINDS if _takes_labels(trained, kind)]
    kind = next((kind for kind in kinds if kind in samples), None)
    if kind is None or labels is None:
        return None
    drawn = samples[kind]
    present = np.unique(labels)
    names = [trained.classes.name_of(int(label)) for label in present]
    if drawn.ndim == 2:
        clouds = [drawn[labels == label] for label in present[:_MOST_CLOUDS]]
        return scatter_columns(
            dict(zip(names, clouds)), axis_names=columns, title=CAPTIONS[kind]
        )
    if drawn.dtype != np.uint8 or not is_image_shape(drawn.shape[1:]):
        return None
    rows = [drawn[labels == label][:_NUM_COLUMNS] for label in present[:_MOST_ROWS]]
    return labeled_rows(dict(zip(names, rows)), CAPTIONS[kind])


def _takes_labels(trained: Trained, kind: str) -> bool:
    """Whether samples of a kind are drawn for their class."""
    stages = _STAGES.get(kind, (Stage.SMOOTHED,))
    models = [trained.models[stage] for stage in stages if stage in trained.models]
    return any(model.num_classes is not None for model in models)


def labeled_rows(rows: Mapping[str, np.ndarray], caption: str) -> np.ndarray:
    """Lays out a row of images per label, with the labels on the left.

    Args:
      rows: label -> uint8 [n, h, w, c], n of at least 1.
      caption: text above the images.

    Returns:
      uint8 [height, width, 3].
    """
    # Pillow's own font lacks the tilde above a letter.
    path = font_manager.findfont("DejaVu Sans")
    font = ImageFont.truetype(path, size=_FONT_SIZE)
    widths = [font.getlength(label) for label in rows]
    left = round(max(widths)) + 2 * _MARGIN
    columns = max(map(len, rows.values()))
    grids = [_to_rgb(image_grid(images, columns)) for images in rows.values()]
    header = 2 * _FONT_SIZE
    size = (
        max(left + grids[0].shape[1], round(font.getlength(caption)) + _MARGIN),
        header + sum(len(grid) for grid in grids),
    )
    picture = Image.new("RGB", size, (255,) * 3)
    draw = ImageDraw.Draw(picture)
    draw.text((_MARGIN, header // 2), caption, (32,) * 3, font, anchor="lm")
    top = header
    for label, grid in zip(rows, grids, strict=True):
        middle = top + len(grid) // 2
        draw.text((left - _MARGIN, middle), label, (32,) * 3, font, anchor="rm")
        picture.paste(Image.fromarray(grid), (left, top))
        top += len(grid)
    return np.asarray(picture)


def _to_rgb(grid: np.ndarray) -> np.ndarray:
    return np.repeat(grid, 3 // grid.shape[-1], axis=-1)
