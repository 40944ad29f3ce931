"""Writing samples, and a picture of them."""

import pathlib
import sys
from collections.abc import Callable

import numpy as np

from smoothing_tf import artifacts
from smoothing_tf.data.data_spec import DataSpec
from smoothing_tf.data.dataset import DataConfig, Dataset, open_dataset
from smoothing_tf.data.image_view import Images
from smoothing_tf.sampling.kinds import (
    CAPTIONS,
    non_finite_reasons,
    real_uint8,
    real_vectors,
    samples_uint8,
)
from smoothing_tf.sampling.output_path import PICTURE_SUFFIX
from smoothing_tf.sampling.pictures import write_png
from smoothing_tf.sampling.tasks import Arrays


def write_samples(
    output: pathlib.Path,
    arrays: Arrays,
    show: Callable[[Arrays], np.ndarray | None],
    num_levels: int | None,
) -> None:
    """Writes the arrays, and a picture of the finite ones.

    Args:
      output: file .npz; the picture gets the same name with .png.
      arrays: kind -> examples [n, ...].
      show: function that makes the picture; see `Task`.
      num_levels: number of levels of the data; None for continuous data.
    """
    reasons = non_finite_reasons(arrays)
    shown = {kind: arrays[kind] for kind in arrays if kind not in reasons}
    if num_levels is not None:
        shown = samples_uint8(shown, num_levels)
        # x~ is continuous and is stored unrounded, and so is what is not finite.
        arrays = arrays | {k: v for k, v in shown.items() if k != "smoothed"}
    with artifacts.atomic_file(output) as path:
        np.savez_compressed(path, **arrays)  # type: ignore[arg-type]
    print(f"Wrote {', '.join(arrays)} to {output}.")
    for kind, reason in reasons.items():
        print(f"{kind!r} is stored as drawn and not shown. {reason}", file=sys.stderr)
    png = output.with_suffix(PICTURE_SUFFIX)
    png.unlink(missing_ok=True)  # It may show other samples.
    # Labels alone are no picture.
    picture = show(shown) if shown.keys() & CAPTIONS.keys() else None
    if picture is not None:
        write_png(png, picture)
        print(f"Wrote the picture {png}.")


def find_real_examples(
    config: DataConfig,
    data: DataSpec,
    splits: tuple[str, ...],
    label: int | None = None,
) -> Images | None:
    """Returns real examples for a picture, or None and a note on stderr.

    Args:
      config: the data set of a run, which may have been moved or removed.
      data: the facts about the data that the run was trained on.
      splits: splits to take them from, the first that has examples.
      label: class of the examples; None for examples of all classes.

    Returns:
      uint8 images or vectors in the unit of the data, [n, ...event_shape].
    """
    try:
        dataset = open_dataset(config)
        where = config.data_dir or dataset.name
        data.check_same_kind(DataSpec.of(dataset), where)
        present = [split for split in splits if dataset.num_examples.get(split)]
        if not present:
            missing = ", ".join(dict.fromkeys(splits))
            raise ValueError(f"{where} has no split {missing}.")
        if label is not None:
            data.check_same_classes(DataSpec.of(dataset), where)
            return _of_class(dataset, present, label)
        return _examples(dataset, present[0])
    except (OSError, ValueError) as error:
        print(f"The picture shows no real examples: {error}", file=sys.stderr)
        return None


def _of_class(dataset: Dataset, splits: list[str], label: int) -> Images:
    """Returns the examples of a class in the first split that has any."""
    for split in splits:
        rows = np.flatnonzero(dataset.labels(split) == label)
        if len(rows):
            found = _examples(dataset, split)
            return found[rows] if isinstance(found, np.ndarray) else found.select(rows)
    raise ValueError(
        f"{dataset.name} has none of this class in {', '.join(dict.fromkeys(splits))}."
    )


def _examples(dataset: Dataset, split: str) -> Images:
    if dataset.num_levels is not None:
        return real_uint8(dataset, split)
    return real_vectors(dataset, split)
