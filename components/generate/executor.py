"""Draws samples from an exported model, shard by shard on Apache Beam."""

import pathlib
import shutil
from collections.abc import Iterator, Sequence

import apache_beam as beam
import numpy as np
import tensorflow as tf

from components.beam_pipelines import run_for_each
from components.shared_directories import shared_directories
from smoothing_tf import artifacts, devices
from smoothing_tf.numerics import unit_to_uint8
from smoothing_tf.sampling.pictures import labeled_columns, write_png
from smoothing_tf.seeds import derive_seed
from smoothing_tf.serving.layout import METADATA_FILE

PICTURE_FILE = "samples.png"
# The examples of a shard share one seed, so the samples depend on its size. For a model
# that draws fewer at a time shards are smaller.
SHARD_SIZE = 100
KINDS = ("smoothed", "single_step", "samples")
_STORED = (*KINDS, "label")


def run(
    *,
    model_dir: artifacts.Path,
    num_samples: int,
    seed: int,
    beam_runner: str,
    beam_options: Sequence[str],
    output_dir: artifacts.Path,
) -> dict[str, int]:
    """Draws samples from a SavedModel, as a serving process would.

    Writes samples.npz with arrays of `num_samples` examples: "smoothed", x~ as float32;
    "samples" and, if the model has it, "single_step" as uint8 images or float32
    vectors; "label" of a class-conditional model, drawn from the training frequencies.
    For images it also writes the picture samples.png. The samples depend on the model
    and the seed, not on the number of workers.

    Args:
      model_dir: SavedModel written by export.
      num_samples: examples to draw; 0 writes no arrays.
      seed: the run's seed.
      beam_runner: name of a Beam runner. All but DirectRunner need a file system that
        their workers share.
      beam_options: options of the runner.
      output_dir: directory to write; must be empty or not exist.

    Returns:
      {"num_samples": as given}.

    Raises:
      RuntimeError: a worker does not see the model or the output directory.
    """
    metadata = artifacts.read_json(pathlib.Path(model_dir) / METADATA_FILE)
    shard_size = min(SHARD_SIZE, metadata.get("max_samples", SHARD_SIZE))
    starts = range(0, num_samples, shard_size)
    devices.announce()
    with artifacts.atomic_directory(output_dir) as directory:
        shards = directory / "shards"
        shards.mkdir()
        with shared_directories(shards, [model_dir]) as shared:
            run_for_each(
                starts,
                DrawShardFn(str(model_dir), seed, str(shards), shard_size),
                shared=shared,
                runner=beam_runner,
                options=beam_options,
            )
        arrays = _join([_shard_file(shards, start) for start in starts], num_samples)
        shutil.rmtree(shards)
        if "single_step" in arrays and metadata["num_levels"] is not None:
            # Single-step estimates lie between the data's levels.
            arrays["single_step"] = unit_to_uint8(arrays["single_step"]).numpy()
        if arrays and len(metadata["event_shape"]) == 3:
            write_png(directory / PICTURE_FILE, _picture(arrays))
        with (directory / artifacts.SAMPLES_FILE).open("wb") as file:
            np.savez_compressed(file, **arrays)  # type: ignore[arg-type]
    return {"num_samples": num_samples}


class DrawShardFn(beam.DoFn):
    """Draws the shard of examples that begins at an index.

    Args:
      model_dir: directory of the SavedModel, which a worker loads once.
      seed: the run's seed.
      directory: directory for the .npz files of shards.
      shard_size: number of examples.
    """

    def __init__(self, model_dir: str, seed: int, directory: str, shard_size: int):
        self._model_dir = model_dir
        self._seed = seed
        self._directory = directory
        self._shard_size = shard_size

    def setup(self):
        self._model = tf.saved_model.load(self._model_dir)

    def process(self, start: int) -> Iterator[int]:
        sample = self._model.signatures["sample"]
        label = {}
        if "label" in sample.structured_input_signature[1]:
            label["label"] = tf.fill([self._shard_size], -1)
        arrays = sample(
            num_samples=tf.constant(self._shard_size, tf.int32),
            seed=derive_seed(self._seed, "generated samples", start),
            **label,
        )
        with artifacts.atomic_file(_shard_file(self._directory, start)) as path:
            np.savez(path, **{kind: array.numpy() for kind, array in arrays.items()})
        yield start


def _shard_file(directory: artifacts.Path, start: int) -> pathlib.Path:
    return pathlib.Path(directory) / f"{start:09d}.npz"


def _join(files: Sequence[pathlib.Path], num_samples: int) -> dict[str, np.ndarray]:
    shards = [artifacts.read_kept_npz(path) for path in files]
    kinds = [kind for kind in _STORED if shards and kind in shards[0]]
    return {
        kind: np.concatenate([shard[kind] for shard in shards])[:num_samples]
        for kind in kinds
    }


def _picture(arrays: dict[str, np.ndarray]) -> np.ndarray:
    captions = ("samples of p(x~)", "single-step", "samples of p(x|x~)")
    shown = {**arrays, "smoothed": unit_to_uint8(arrays["smoothed"]).numpy()}
    return labeled_columns(
        {text: shown[kind] for kind, text in zip(KINDS, captions) if kind in shown}
    )
