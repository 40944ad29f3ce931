"""Writes the files of `compress` and `decompress`, and prints their sizes."""

import pathlib
import sys
from typing import Any

import numpy as np

from smoothing_tf import artifacts
from smoothing_tf.compression.codec import compress_images, decompress_images
from smoothing_tf.compression.coder import check_installed
from smoothing_tf.compression.compressed_file import from_bytes
from smoothing_tf.compression.config import BASELINE, CompressionConfig
from smoothing_tf.compression.facts import use_cpu
from smoothing_tf.compression.images import check_folder, read_images, write_images
from smoothing_tf.compression.make import choose_stage, count_classes, stage_models
from smoothing_tf.compression.other_formats import sizes_in_other_formats
from smoothing_tf.compression.paths import ARRAYS_SUFFIX
from smoothing_tf.compression.promise import Promise, promised_bits
from smoothing_tf.compression.shared_facts import check_facts
from smoothing_tf.data.data_spec import DataSpec
from smoothing_tf.models.trained import Trained
from smoothing_tf.numerics import levels_to_uint8
from smoothing_tf.sampling.labels import check_takes_class

# Images that are compressed in other formats for comparison.
_MOST_COMPARED = 1000
# A share of the promised size, bits of each block, and standard errors of the promise,
# by which the blocks may be longer before the user is warned.
_TOLERANCE = 0.02
_BLOCK_BITS = 130
_STANDARD_ERRORS = 4.0


def read_task(
    images: str, class_: str | None, data: DataSpec
) -> tuple[np.ndarray, Any]:
    """Reads images and labels, and checks that the codec is installed.

    Args:
      images: path of the images.
      class_: name or number of the class of all images, or None.
      data: the facts about the data of the run.

    Returns:
      (levels, labels): levels uint8 [n, h, w, c]; labels those of the file, the text
      `class_`, or None.
    """
    check_installed()
    x, label = read_images(images, data)
    return x, label if class_ is None else class_


def write_compressed(
    trained: Trained,
    x: np.ndarray,
    label: Any,
    config: CompressionConfig,
    output: pathlib.Path,
    compare: bool,
) -> None:
    """Writes a compressed file and prints its size.

    Args:
      trained: the trained models.
      x: levels, uint8 [n, h, w, c].
      label: labels [n], the text of a class, or None.
      config: settings of the encoder.
      output: file to write.
      compare: whether to print the size in other formats.
    """
    stage = choose_stage(trained, config.stage)
    num_classes = count_classes(stage_models(trained, stage))
    if num_classes is None and isinstance(label, str):
        check_takes_class(label, None, f"--stage={stage}")
    label = _find_label(trained, num_classes, label, len(x))
    data = compress_images(trained, x, config, label=label, progress=True)
    with artifacts.atomic_file(output) as path:
        path.write_bytes(data)
    own = _per_dim(8 * len(data), x)
    print(f"Wrote {len(x):,} images to {output}: {len(data):,} bytes.")
    print(f"{own:.3f} bits per dimension, as a file")
    promised = promised_bits(
        trained,
        stage,
        x,
        label=label,
        seed=config.seed,
        batch_size=config.batch_size,
    )
    what = "-log2 P(x)" if stage == BASELINE else "the bound"
    print(f"{_per_dim(promised.bits, x):.3f} by the likelihood, {what}")
    if _is_too_long(data, promised):
        print(
            "The images take more bits than the likelihood promises, so it is not that"
            " of the sampler: does a mask of the model leak?",
            file=sys.stderr,
        )
    if compare and trained.num_levels is not None:
        part = x[:_MOST_COMPARED]
        images = levels_to_uint8(part, trained.num_levels)
        where = f", the first {len(part):,} images" if len(part) < len(x) else ""
        for name, size in sizes_in_other_formats(images).items():
            print(f"{_per_dim(8 * size, part):.3f} as {name} files{where}")


def use_cpu_of(data: bytes) -> None:
    """Computes on the CPU with as many threads as the encoder of a file did.

    Call it before anything is computed.

    Raises:
      ValueError: the header of the file cannot be read.
    """
    header, _ = from_bytes(data)
    use_cpu(header.threads)


def write_restored(
    trained: Trained, data: bytes, output: pathlib.Path, skip_damaged: bool
) -> None:
    """Writes the images of a compressed file.

    Args:
      trained: the models that it was written with.
      data: the bytes of the file.
      output: a file .npz, or a directory for PNG files.
      skip_damaged: whether to leave out the images of damaged blocks.

    Raises:
      ValueError: the file was written with other models or libraries, is damaged, or
        holds more than a directory can.
    """
    header, _ = from_bytes(data)
    check_facts(header, trained)
    if output.suffix != ARRAYS_SUFFIX:
        num_classes = count_classes(stage_models(trained, header.stage))
        check_folder(header.shape[-1], num_classes is not None)
    restored = decompress_images(
        trained, data, skip_damaged=skip_damaged, progress=True
    )
    assert trained.num_levels is not None
    write_images(output, restored, trained.num_levels)
    print(f"Wrote {len(restored.x):,} images to {output}.")
    if restored.damaged:
        numbers = ", ".join(map(str, restored.damaged))
        print(f"Left out the images of the damaged blocks {numbers}.", file=sys.stderr)


def _find_label(
    trained: Trained, num_classes: int | None, label: Any, number: int
) -> Any:
    """Returns the labels that the models take, or None.

    Raises:
      ValueError: they take labels, and none are given.
    """
    if num_classes is None:
        return None
    if label is None:
        raise ValueError(
            "The model is class-conditional, so that the class of each image is coded"
            " too. Add `label`, integers [n], to the file of --images, or give --class."
        )
    if isinstance(label, str):
        return np.full(number, trained.classes.find(label, num_classes), np.int32)
    return label


def _is_too_long(data: bytes, promised: Promise) -> bool:
    """Whether the blocks are longer than coding by the promise explains."""
    blocks = [one.block for one in from_bytes(data)[1]]
    bits = sum(
        8 * (len(block.data) - block.num_borrowed) - _BLOCK_BITS for block in blocks
    )
    allowed = (1.0 + _TOLERANCE) * promised.bits
    return bits > allowed + _STANDARD_ERRORS * promised.standard_error


def _per_dim(bits: float, x: np.ndarray) -> float:
    return bits / x.size
