"""Checks of a request's tensors, inside the graph of a signature.

TensorFlow Serving compares neither the shapes of a request's tensors with those of the
signature nor their values with anything. A shape that is stated in the signature would
even turn a check of it into a constant, which is then dropped. So signatures state no
shapes, and give each input its shape once it has been checked.
"""

from collections.abc import Callable, Sequence
from typing import Any

import tensorflow as tf


class RequestChecks:
    """The checks of one request, one after the other.

    The first rule that is broken ends the request with an InvalidArgumentError whose
    message names the input, the rule and the value. A check costs next to nothing
    compared with a network, and nothing is computed before all of them have passed;
    see `release`.

    Args:
      limit: largest number of rows, and of rows times particles or draws.
    """

    def __init__(self, limit: int):
        self.limit = limit
        self._passed: list[tf.Operation] = []

    def require(
        self,
        is_valid: Callable[[], tf.Tensor],
        message: Callable[[], Sequence[Any]],
    ) -> None:
        """Adds a rule, which may rely on the rules before it.

        Args:
          is_valid: returns a scalar bool tensor.
          message: returns the parts of the message, texts and numeric tensors; a vector
            is shown as a shape.
        """

        def fail():
            text = tf.strings.join([_as_text(part) for part in message()])
            # The data is a single text, so that the error shows all of it.
            failed = tf.raw_ops.Assert(condition=False, data=[text], summarize=1)
            with tf.control_dependencies([failed]):
                return tf.constant(False)

        with tf.control_dependencies(self._passed):
            # A stateful operation: optimizers may not remove it.
            passed = tf.cond(is_valid(), lambda: tf.constant(True), fail)
        # Whatever waits must wait for the operation: optimizers know the output of a
        # branch, a constant, and use it without waiting for the branch.
        (branch,) = (x.op for x in passed.op.inputs if x.op.type == "If")
        self._passed = [branch]

    def release(self, *tensors: tf.Tensor | None) -> tuple[tf.Tensor | None, ...]:
        """Returns the tensors, which exist once all checks have passed."""
        with tf.control_dependencies(self._passed):
            return tuple(None if x is None else tf.identity(x) for x in tensors)

    def check_rows(
        self,
        name: str,
        x: tf.Tensor,
        shape: Sequence[int],
        num_rows: tf.Tensor | None = None,
    ) -> tf.Tensor:
        """Requires one row of a shape for each example.

        Args:
          name: name of the input.
          x: the input, of any shape.
          shape: shape of a row.
          num_rows: number of rows that it must have; None for one from 1 to the limit.

        Returns:
          The input, of static shape [None, *shape].
        """
        got = tf.shape(x)
        rank = len(shape) + 1
        rest = ", ".join(["", *map(str, shape)])
        # At least `rank` entries, whatever the rank of the input.
        padded = tf.concat([got, tf.fill([rank], -1)], axis=0)
        is_shape = tf.equal(tf.rank(x), rank)
        wanted = tf.constant(shape, tf.int32)
        is_shape &= tf.reduce_all(tf.equal(padded[1:rank], wanted))
        if num_rows is None:
            self.require(
                lambda: is_shape,
                lambda: [f"`{name}` must have shape [n{rest}]; got ", got, "."],
            )
            self.require(
                lambda: (padded[0] >= 1) & (padded[0] <= self.limit),
                lambda: [
                    f"`{name}` must have from 1 to {self.limit} rows; got ",
                    padded[0],
                    ".",
                ],
            )
        else:
            self.require(
                lambda: is_shape & tf.equal(padded[0], num_rows),
                lambda: [
                    f"`{name}` must have shape [",
                    num_rows,
                    f"{rest}], a row for each example; got ",
                    got,
                    ".",
                ],
            )
        (x,) = self.release(x)
        # Not `ensure_shape`: Grappler would infer the shape of its input from it, and
        # treat the check of that shape as a constant.
        return tf.reshape(x, [-1, *shape])

    def check_num_samples(self, num_samples: tf.Tensor) -> tf.Tensor:
        """Requires a number of samples within the limit, or several that add up to it.

        Returns:
          The number of samples, a scalar.
        """
        total = tf.reduce_sum(tf.cast(num_samples, tf.int64))
        rule = f"`num_samples` must be from 1 to {self.limit}; got "
        self.require(
            lambda: tf.rank(num_samples) <= 1,
            lambda: [
                "`num_samples` must be a number, or numbers [n] to add up; got shape ",
                tf.shape(num_samples),
                ".",
            ],
        )
        self.require(
            lambda: tf.reduce_all(num_samples >= 1),
            lambda: [rule, tf.reduce_min(num_samples), "."],
        )
        self.require(
            lambda: (total >= 1) & (total <= self.limit),
            lambda: [rule, total, "."],
        )
        return tf.reshape(tf.cast(self.release(total)[0], tf.int32), [])

    def check_counts(
        self, name: str, counts: tf.Tensor, num_rows: tf.Tensor
    ) -> tf.Tensor:
        """Requires a number of particles or draws, for all rows or for each.

        The largest one is counted for every row, because a batch is computed as a
        rectangle.

        Returns:
          int32 [num_rows].
        """
        shape = tf.shape(counts)
        self.require(
            lambda: _is_shape(shape, []) | _is_shape(shape, [num_rows]),
            lambda: [
                f"`{name}` must be a number, or [",
                num_rows,
                "] numbers, one for each example; got shape ",
                shape,
                ".",
            ],
        )
        self.require(
            lambda: tf.reduce_all(counts >= 1),
            lambda: [f"`{name}` must be at least 1; got ", tf.reduce_min(counts), "."],
        )
        self.require(
            lambda: tf.reduce_all(counts <= self.limit // num_rows),
            lambda: [
                f"`{name}` times the number of examples must be at most {self.limit};"
                " got ",
                tf.reduce_max(counts),
                " times ",
                num_rows,
                ".",
            ],
        )
        (counts,) = self.release(counts)
        return tf.reshape(tf.broadcast_to(counts, [num_rows]), [-1])

    def check_seed(self, seed: tf.Tensor, num_rows: tf.Tensor) -> tf.Tensor:
        """Requires a seed for all rows, [2], or for each, [num_rows, 2]."""
        shape = tf.shape(seed)
        self.require(
            lambda: _is_shape(shape, [2]) | _is_shape(shape, [num_rows, 2]),
            lambda: [
                "`seed` must have shape [2], or [",
                num_rows,
                ", 2] with a seed for each example; got ",
                shape,
                ".",
            ],
        )
        return self.release(seed)[0]

    def check_values(
        self,
        is_valid: tf.Tensor,
        values: tf.Tensor,
        rule: str,
    ) -> None:
        """Requires that every value is valid.

        Args:
          is_valid: bool tensor of the shape of `values`.
          values: the values, of which the first invalid one is shown.
          rule: the name of the input and the rule.
        """
        self.require(
            lambda: tf.reduce_all(is_valid),
            lambda: [
                f"{rule}; got ",
                tf.boolean_mask(values, tf.logical_not(is_valid))[0],
                ".",
            ],
        )

    def check_finite(
        self, name: str, x: tf.Tensor, where: tf.Tensor | None = None
    ) -> None:
        """Requires numbers that are neither NaN nor infinite, perhaps not everywhere.

        Args:
          name: name of the input.
          x: floating tensor.
          where: bool tensor of the shape of `x`, or None.
        """
        is_valid, rule = tf.math.is_finite(x), f"`{name}` must be finite"
        if where is not None:
            is_valid |= tf.logical_not(where)
            rule += " where `mask` is 1"
        self.check_values(is_valid, x, rule)


def _is_shape(shape: tf.Tensor, wanted: Sequence[Any]) -> tf.Tensor:
    """Tells whether a shape, an int32 vector of any length, is the wanted one."""
    rank = len(wanted)
    is_rank = tf.equal(tf.size(shape), rank)
    if not rank:
        return is_rank
    padded = tf.concat([shape, tf.fill([rank], -1)], axis=0)
    return is_rank & tf.reduce_all(tf.equal(padded[:rank], tf.stack(wanted)))


def _as_text(part: Any) -> tf.Tensor:
    """Writes a part of a message: text as it is, a number, or a shape in brackets."""
    if isinstance(part, str):
        return tf.constant(part)
    part = tf.convert_to_tensor(part)
    if part.dtype.is_floating:
        return tf.strings.as_string(part, shortest=True)
    text = tf.strings.as_string(part)
    if part.shape.rank == 0:
        return text
    return tf.strings.join(["[", tf.strings.reduce_join(text, separator=", "), "]"])
