"""Pictures of images: grids, and columns side by side."""

import io
import math
from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib import font_manager
from PIL import Image, ImageDraw, ImageFont

from smoothing_tf.artifacts import Path, atomic_file
from smoothing_tf.data.channels import check_images, show_channels

_BACKGROUND = 255
# Small images are enlarged to at least this many pixels per side.
_MIN_SIDE = 40


def image_grid(
    images_uint8: np.ndarray, columns: int, *, scale: int | None = None, gap: int = 4
) -> np.ndarray:
    """Lays images out in rows, with a white gap between them.

    Args:
      images_uint8: uint8 [n, h, w, c]; see `show_channels` for c that is not 1 or 3.
      columns: images per row.
      scale: whole factor of enlargement without interpolation; None enlarges
        until the shorter side has 40 pixels.
      gap: pixels between images, and around them.

    Returns:
      uint8 [height, width, 1 or 3].

    Raises:
      ValueError: no images, or `columns` below 1.
    """
    images = show_channels(check_images(images_uint8))
    if columns < 1:
        raise ValueError(f"`columns` must be at least 1; got {columns}.")
    n, height, width, channels = images.shape
    if scale is None:
        scale = math.ceil(_MIN_SIDE / min(height, width))
    images = images.repeat(scale, axis=1).repeat(scale, axis=2)
    step_down, step_right = height * scale + gap, width * scale + gap
    rows = math.ceil(n / columns)
    grid = np.full(
        (rows * step_down + gap, columns * step_right + gap, channels),
        _BACKGROUND,
        np.uint8,
    )
    for position, image in enumerate(images):
        top = gap + position // columns * step_down
        left = gap + position % columns * step_right
        grid[top : top + image.shape[0], left : left + image.shape[1]] = image
    return grid


def labeled_columns(
    groups: Mapping[str, np.ndarray],
    *,
    columns: int | Sequence[int] = 6,
    num_images: int = 36,
) -> np.ndarray:
    """Grids side by side under their labels, as in the paper's figures.

    Args:
      groups: label -> uint8 [n, h, w, c].
      columns: images per row of each grid, or of all.
      num_images: images per grid, the first ones.

    Returns:
      uint8 [height, width, 3].
    """
    margin, header = 12, 26
    if isinstance(columns, int):
        columns = [columns] * len(groups)
    grids = [
        _rgb(image_grid(images[:num_images], n))
        for images, n in zip(groups.values(), columns, strict=True)
    ]
    picture = Image.new(
        "RGB",
        (
            sum(grid.shape[1] + margin for grid in grids) + margin,
            max(grid.shape[0] for grid in grids) + header + margin,
        ),
        (_BACKGROUND,) * 3,
    )
    draw = ImageDraw.Draw(picture)
    # Pillow's own font lacks the tilde above a letter.
    font = ImageFont.truetype(font_manager.findfont("DejaVu Sans"), size=13)
    left = margin
    for label, grid in zip(groups, grids):
        center = left + grid.shape[1] // 2
        draw.text((center, header // 2 + 2), label, (32,) * 3, font, anchor="mm")
        picture.paste(Image.fromarray(grid), (left, header))
        left += grid.shape[1] + margin
    return np.asarray(picture)


def png_bytes(image_uint8: np.ndarray) -> bytes:
    """PNG of a uint8 [h, w, c] picture, c of 1 or 3."""
    buffer = io.BytesIO()
    Image.fromarray(_rgb(image_uint8)).save(buffer, format="PNG", optimize=True)
    return buffer.getvalue()


def write_png(path: Path, image_uint8: np.ndarray) -> None:
    """Writes a uint8 [h, w, c] picture, c of 1 or 3, as PNG, atomically."""
    with atomic_file(path) as temporary:
        temporary.write_bytes(png_bytes(image_uint8))


def _rgb(image: np.ndarray) -> np.ndarray:
    return np.repeat(image, 3 // image.shape[-1], axis=-1)
