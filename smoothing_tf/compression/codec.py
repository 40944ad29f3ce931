"""Lossless compression of images with the trained models of a run."""

import dataclasses
import itertools
from typing import Any

import numpy as np
import tqdm

from smoothing_tf.compression.block import Block, BlockCoder, class_shares
from smoothing_tf.compression.coder import check_installed
from smoothing_tf.compression.compressed_file import (
    Header,
    StoredBlock,
    from_bytes,
    to_bytes,
)
from smoothing_tf.compression.config import CompressionConfig
from smoothing_tf.compression.image_codec import ImageCodec
from smoothing_tf.compression.levels import check_num_levels
from smoothing_tf.compression.make import (
    choose_stage,
    count_classes,
    make_codec,
    stage_models,
)
from smoothing_tf.compression.shared_facts import check_facts, collect_facts
from smoothing_tf.models.classes import as_labels
from smoothing_tf.models.trained import Trained, check_trained
from smoothing_tf.sampling.arguments import check_levels, check_shape

# Seconds before a progress bar appears.
_DELAY = 2.0


@dataclasses.dataclass(frozen=True)
class Decompressed:
    """Images of a compressed file.

    Attributes:
      x: levels, uint8 or uint16 [n, ...event_shape].
      label: class of each image, int32 [n]; None without labels.
      index: number of each image in the file, int64 [n].
      damaged: numbers of the blocks that were left out.
    """

    x: np.ndarray
    label: np.ndarray | None
    index: np.ndarray
    damaged: tuple[int, ...]


def compress_images(
    trained: Trained,
    x: np.ndarray,
    config: CompressionConfig | None = None,
    *,
    label: Any = None,
    progress: bool = False,
) -> bytes:
    """Compresses images without loss.

    Args:
      trained: the trained models.
      x: levels of images, integers [n, ...event_shape] from 0 to num_levels - 1.
      config: settings of the encoder; None for the defaults.
      label: for class-conditional models the class of all images, an integer, or of
        each, integers [n]; it is coded too.
      progress: whether to show a progress bar.

    Returns:
      The bytes of a file, for `decompress_images` with the same models, libraries and
      kind of device.

    Raises:
      TypeError: `trained` is something else.
      ValueError: the models or the images cannot be coded.
      RuntimeError: the package constriction is missing, TensorFlow uses a GPU, or the
        models do not decode what they have encoded.
    """
    check_trained(trained)
    check_installed()
    config = config or CompressionConfig()
    stage = choose_stage(trained, config.stage)
    models = stage_models(trained, stage)
    x = np.asarray(x)
    check_shape("x", x, models[0].event_shape)
    check_levels("x", x, check_num_levels(trained.num_levels))
    label = _check_label(label, len(x), count_classes(models))
    codec = make_codec(trained, stage, config.grid, config.seed)
    header = Header(
        stage=stage,
        **collect_facts(trained, stage),
        shape=x.shape,
        batch=config.batch_size,
        seed=config.seed,
        grid=config.grid if codec.borrows else None,
    )
    coder = _make_block_coder(trained, codec, header)
    blocks: list[Block] = []
    with _bar("encoding", len(x), progress) as bar:
        for rows in _rows_of_blocks(header):
            own = None if label is None else label[rows]
            blocks.append(coder.encode(x[rows], own, bar))
    if config.verify:
        with _bar("verifying", len(x), progress) as bar:
            for number, block in enumerate(blocks):
                if coder.decode(block, bar) is None:
                    raise RuntimeError(
                        f"Block {number} does not decode to the images it was made"
                        " from, so nothing was written: the sampler of this model does"
                        " not repeat its own computation exactly. Does it use a random"
                        " or nondeterministic operation?"
                    )
    return to_bytes(header, blocks)


def decompress_images(
    trained: Trained,
    data: bytes,
    *,
    skip_damaged: bool = False,
    progress: bool = False,
) -> Decompressed:
    """Restores the images of `compress_images`.

    Args:
      trained: the models that they were compressed with.
      data: the bytes of the file.
      skip_damaged: whether to leave out the images of damaged blocks, rather than to
        raise an error.
      progress: whether to show a progress bar.

    Raises:
      TypeError: `trained` is something else.
      ValueError: the file is damaged, or was written with other models or libraries,
        or on another kind of device.
      RuntimeError: the package constriction is missing, TensorFlow uses a GPU, or
        decoding gave other images than were compressed.
    """
    check_trained(trained)
    check_installed()
    header, stored = from_bytes(data)
    damaged = [number for number, one in enumerate(stored) if not one.is_intact]
    if damaged and (not skip_damaged or len(damaged) == len(stored)):
        raise ValueError(_damage(damaged, stored, header))
    check_facts(header, trained)
    codec = make_codec(trained, header.stage, header.grid, header.seed)
    coder = _make_block_coder(trained, codec, header)
    found, index = [], []
    labels: list[np.ndarray] = []
    rows = _rows_of_blocks(header)
    with _bar("decoding", header.shape[0], progress) as bar:
        for number, one in enumerate(stored):
            if not one.is_intact:
                continue
            decoded = coder.decode(one.block, bar)
            if decoded is None:
                raise RuntimeError(
                    f"Block {number} decodes to other images than were compressed, so"
                    " nothing was written: this machine rounds differently from the"
                    " one that compressed them. Decompress them there."
                )
            found.append(decoded[0])
            if decoded[1] is not None:
                labels.append(decoded[1])
            index.append(np.arange(rows[number].start, rows[number].stop))
    dtype = np.uint8 if header.levels <= 256 else np.uint16
    return Decompressed(
        np.concatenate(found).astype(dtype),
        np.concatenate(labels) if labels else None,
        np.concatenate(index),
        tuple(damaged),
    )


def _check_label(label: Any, number: int, num_classes: int | None) -> np.ndarray | None:
    if (label is None) != (num_classes is None):
        needs = "None" if num_classes is None else "given"
        raise ValueError(
            f"`label` must be {needs} for models that are"
            f" {'not ' if num_classes is None else ''}class-conditional."
        )
    return None if num_classes is None else as_labels(label, number, num_classes)


def _make_block_coder(
    trained: Trained, codec: ImageCodec, header: Header
) -> BlockCoder:
    num_classes = count_classes(stage_models(trained, header.stage))
    shares = None if num_classes is None else class_shares(trained.classes, num_classes)
    return BlockCoder(codec, shares, header.batch, header.seed)


def _rows_of_blocks(header: Header) -> list[slice]:
    ends = np.cumsum([0, *header.block_sizes]).tolist()
    return [slice(*pair) for pair in itertools.pairwise(ends)]


def _bar(label: str, total: int, progress: bool) -> tqdm.tqdm:
    return tqdm.tqdm(
        desc=label, total=total, unit="image", disable=not progress, delay=_DELAY
    )


def _damage(damaged: list[int], stored: list[StoredBlock], header: Header) -> str:
    rows = _rows_of_blocks(header)[damaged[0]]
    others = len(stored) - len(damaged)
    return (
        f"Block {damaged[0]} of the file, images {rows.start} to {rows.stop - 1}, is"
        f" damaged or truncated; {len(damaged)} of {len(stored)} blocks are. Restore"
        " the file from a copy"
        + (", or read the other blocks with --skip_damaged." if others else ".")
    )
