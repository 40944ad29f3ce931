"""Scoring a split batch by batch."""

from collections.abc import Callable, Iterable, Iterator, Mapping

import numpy as np
import tensorflow as tf

from smoothing_tf.numerics import levels_to_unit, unit_to_levels
from smoothing_tf.partial_arrays import PartialArrays

Batch = Mapping[str, tf.Tensor]


def score_split(
    scores: PartialArrays,
    terms_of: Callable[..., tf.Tensor],
    draw_batches: Callable[[int], Iterable[Batch]],
    num_draws: int,
    num_levels: int | None,
    split: str,
    keys: tuple[str, ...] = ("x", "x_smoothed"),
) -> tuple[np.ndarray, np.ndarray]:
    """Scores a split in one pass per draw, or continues where `scores` end.

    Args:
      scores: arrays that take the scores, in the batches of `draw_batches`.
      terms_of: function from tensors [b, ...] to float64 [terms, b].
      draw_batches: function from a draw's number to its batches, in the same order for
        every draw.
      num_draws: number of draws.
      num_levels: number of levels of the data; None for continuous data.
      split: name of the split, for error messages.
      keys: keys of a batch whose values are the arguments of `terms_of`.

    Returns:
      (indices int64 [n], terms float64 [draws, terms, n]).

    Raises:
      ValueError: there are no examples, or the order differs between draws.
    """
    done = scores.arrays.get("draw", np.zeros(0, np.int64))
    for draw in range(num_draws):
        if scores.is_complete or np.any(done > draw):
            continue
        num_done = np.sum(done == draw)
        for batch, size in _full_batches(draw_batches(draw)):
            if num_done > 0:
                num_done -= size
                continue
            if num_levels is not None:
                # Levels are exact; their float32 images on [-1, 1] are not.
                levels = unit_to_levels(batch["x"], num_levels)
                batch["x"] = levels_to_unit(levels, num_levels, tf.float64)
            terms = terms_of(*(batch[key] for key in keys)).numpy()[:, :size]
            scores.append(
                {
                    "draw": np.full(size, draw),
                    "index": batch["index"].numpy()[:size],
                    "terms": terms.T,
                }
            )
    if not scores.num_done:
        raise ValueError(f"`split` must hold at least one example; {split} has none.")
    arrays = scores.arrays
    index = arrays["index"][arrays["draw"] == 0]
    if not np.array_equal(arrays["index"], np.tile(index, num_draws)):
        raise ValueError(
            "`draw_batches` must give the same examples in the same order for every"
            " draw."
        )
    terms = arrays["terms"].reshape(num_draws, len(index), -1).transpose(0, 2, 1)
    return index, np.ascontiguousarray(terms)


def _full_batches(
    batches: Iterable[Batch],
) -> Iterator[tuple[dict[str, tf.Tensor], int]]:
    """Fills a partial batch with copies of its last row, so that one trace suffices."""
    full_size = 0
    for batch in batches:
        batch = {key: tf.convert_to_tensor(value) for key, value in batch.items()}
        size = int(batch["x"].shape[0])
        full_size = max(full_size, size)
        rows = np.minimum(np.arange(full_size), size - 1)
        yield {key: tf.gather(value, rows) for key, value in batch.items()}, size
