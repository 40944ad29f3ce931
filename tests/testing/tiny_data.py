"""Tiny data sets for tests."""

import pathlib

import numpy as np
import tensorflow_datasets as tfds

from smoothing_tf.data.dataset import Dataset
from smoothing_tf.data.source import source_from_arrays

NUM_EXAMPLES = {"train": 24, "validation": 6, "test": 7}


def tiny_arrays(
    event_shape: tuple[int, ...] = (4, 4, 1), num_levels: int | None = 4, seed: int = 0
) -> dict[str, np.ndarray]:
    """Random examples of every split: uint8 levels, or float32 without levels."""
    rng = np.random.Generator(np.random.PCG64(seed))
    arrays = {}
    for split, n in NUM_EXAMPLES.items():
        shape = (n, *event_shape)
        if num_levels is None:
            arrays[split] = rng.normal(size=shape).astype(np.float32)
        else:
            arrays[split] = rng.integers(num_levels, size=shape, dtype=np.uint8)
    return arrays


def tiny_dataset(
    event_shape: tuple[int, ...] = (4, 4, 1), num_levels: int | None = 4, seed: int = 0
) -> Dataset:
    """A data set in memory, with labels 0, 1, 2; `num_levels=None` for vectors."""
    arrays = tiny_arrays(event_shape, num_levels, seed)
    labels = {split: np.arange(len(x)) % 3 for split, x in arrays.items()}
    return Dataset(source_from_arrays("tiny", arrays, num_levels, labels))


class _Tiny(tfds.core.GeneratorBasedBuilder):
    name = "tiny"
    VERSION = tfds.core.Version("1.0.0")

    def __init__(self, *, features, records, metadata, supervised_keys=None, **kwargs):
        self._features, self._records, self._metadata = features, records, metadata
        self._supervised_keys = supervised_keys
        super().__init__(**kwargs)

    def _info(self):
        return tfds.core.DatasetInfo(
            builder=self,
            features=tfds.features.FeaturesDict(self._features),
            supervised_keys=self._supervised_keys,
            metadata=self._metadata,
        )

    def _split_generators(self, dl_manager):
        return {split: enumerate(records) for split, records in self._records.items()}

    def _generate_examples(self):
        raise NotImplementedError("The splits are generated above.")


def write_directory(
    root: pathlib.Path,
    features: dict,
    records: dict[str, list[dict]],
    num_levels: int | None = None,
    supervised_keys: tuple | None = None,
) -> str:
    """Writes a TFDS directory below `root` by TFDS itself.

    Args:
      root: a temporary directory.
      features: name -> `tfds.features.FeatureConnector`.
      records: split -> examples.
      num_levels: number of levels to store in the metadata; None stores none.
      supervised_keys: names of the input and the target, or None.

    Returns:
      The directory for `tfds.builder_from_directory`.
    """
    metadata = num_levels and tfds.core.MetadataDict(num_levels=num_levels)
    tfds.disable_progress_bar()
    builder = _Tiny(
        features=features,
        records=records,
        metadata=metadata,
        supervised_keys=supervised_keys,
        data_dir=root,
    )
    builder.download_and_prepare()
    return str(builder.data_dir)


def tiny_directory(
    root: pathlib.Path,
    event_shape: tuple[int, int, int] = (4, 4, 1),
    num_levels: int = 4,
    seed: int = 0,
) -> str:
    """A TFDS directory of the images of `tiny_arrays`, with labels."""
    features = {
        "image": tfds.features.Image(shape=event_shape, dtype=np.uint8),
        "label": tfds.features.ClassLabel(num_classes=3),
    }
    records = {
        split: [{"image": image, "label": i % 3} for i, image in enumerate(images)]
        for split, images in tiny_arrays(event_shape, num_levels, seed).items()
    }
    return write_directory(root, features, records, num_levels)
