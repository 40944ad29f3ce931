"""Reads images to compress, and writes those that were restored."""

import pathlib

import numpy as np
from PIL import Image

from smoothing_tf import artifacts
from smoothing_tf.compression.codec import Decompressed
from smoothing_tf.compression.levels import check_num_levels
from smoothing_tf.compression.paths import ARRAYS_SUFFIX
from smoothing_tf.data.data_spec import DataSpec
from smoothing_tf.data.image_files import levels_of_arrays, levels_of_uint8
from smoothing_tf.data.picture_header import read_header
from smoothing_tf.data.record_error import RecordError
from smoothing_tf.numerics import levels_to_uint8
from smoothing_tf.sampling.labels import LABEL

_PNG = ".png"
_DIGITS = 6
_MODES = {1: "L", 3: "RGB"}


def read_images(
    path: artifacts.Path, data: DataSpec
) -> tuple[np.ndarray, np.ndarray | None]:
    """Reads the images of an .npz file, or of the PNG files of a folder.

    Args:
      path: file with `images`, `samples` or a single array, uint8 [n, h, w, c], and
        perhaps `label`; or a folder, whose PNG files are read in the order of their
        names.
      data: the facts about the data of the run.

    Returns:
      (levels uint8 [n, h, w, c], labels [n] or None).

    Raises:
      FileNotFoundError: there is no such file, or no PNG file in the folder.
      ValueError: the images do not fit the data, or would not be read exactly.
    """
    num_levels = check_num_levels(data.num_levels)
    path = pathlib.Path(path)
    if path.is_dir():
        return levels_of_uint8(_read_folder(path, data), num_levels), None
    arrays = artifacts.read_npz(path, "images")
    return levels_of_arrays(arrays, data.event_shape, num_levels), arrays.get(LABEL)


def check_folder(num_channels: int, has_labels: bool) -> None:
    """Checks, before any work is done, that a folder of PNG files holds everything.

    Raises:
      ValueError: it would not.
    """
    if has_labels:
        raise ValueError(
            "`--output` must be a file FILE.npz, since the file holds the class of each"
            " image too, for which a folder of PNG files has no place."
        )
    if num_channels not in _MODES:
        raise ValueError(
            f"`--output` must be a file FILE.npz for images of {num_channels} channels;"
            " PNG files have 1 or 3."
        )


def write_images(output: pathlib.Path, restored: Decompressed, num_levels: int) -> None:
    """Writes restored images as they were read.

    Args:
      output: a file .npz, which gets `images`, `label` if there are labels, and
        `index` if images are missing; or a directory, which gets a PNG file for each.
      restored: the images.
      num_levels: number of levels of the data.
    """
    images = levels_to_uint8(restored.x, num_levels)
    if output.suffix != ARRAYS_SUFFIX:
        with artifacts.atomic_directory(output) as directory:
            # So many digits that the order of the names is that of the images.
            width = max(_DIGITS, len(str(restored.index[-1])))
            for index, image in zip(restored.index, images, strict=True):
                path = directory / f"{index:0{width}d}{_PNG}"
                to_picture(image).save(path, optimize=True)
        return
    arrays = {"images": images}
    if restored.label is not None:
        arrays[LABEL] = restored.label
    if restored.damaged:
        arrays["index"] = restored.index
    with artifacts.atomic_file(output) as path:
        np.savez_compressed(path, **arrays)  # type: ignore[arg-type]


def to_picture(image: np.ndarray) -> Image.Image:
    """Converts an image uint8 [h, w, 1 or 3] for Pillow."""
    return Image.fromarray(image[..., 0] if image.shape[-1] == 1 else image)


def _read_folder(folder: pathlib.Path, data: DataSpec) -> np.ndarray:
    height, width, channels = data.event_shape
    if channels not in _MODES:
        raise ValueError(
            f"PNG files have 1 or 3 channels, and the data have {channels}. Give an"
            " .npz file."
        )
    paths = sorted(one for one in folder.iterdir() if one.suffix.lower() == _PNG)
    if not paths:
        raise FileNotFoundError(
            f"`--images` must name an .npz file, or a folder with PNG files; {folder}"
            " has none."
        )
    images = []
    for path in paths:
        image = _read_png(path, _MODES[channels])
        if image.shape[:2] != (height, width):
            raise ValueError(
                f"`--images` must be of {height} x {width} pixels; {path} has"
                f" {image.shape[0]} x {image.shape[1]}."
            )
        images.append(image.reshape(data.event_shape))
    return np.stack(images)


def _read_png(path: pathlib.Path, mode: str) -> np.ndarray:
    """Reads the stored values; what would be converted is refused."""
    try:
        with path.open("rb") as file:
            picture, header = read_header(file)
            if getattr(picture, "n_frames", 1) > 1:
                raise RecordError("is an animation, of which one frame would be read")
            kind = f"{picture.format} of mode {picture.mode}, {header.num_bits} bits"
            is_plain = picture.mode == mode and "transparency" not in picture.info
            if picture.format != "PNG" or not is_plain or header.num_bits != 8:
                raise RecordError(f"is {kind}, not a PNG file of mode {mode}, 8 bits")
            file.seek(0)
            picture.load()
    except Exception as error:
        # Pillow raises many kinds of errors for damaged files.
        raise ValueError(
            f"`--images` must be readable without conversion; {path}: {error}."
        ) from error
    return np.asarray(picture)
