"""The sampler's walk over a batch of examples, with a coder in the place of noise."""

import dataclasses
import itertools
import weakref
from collections.abc import Callable
from typing import Any

import numpy as np
import tensorflow as tf

from smoothing_tf.compression.alphabet import Alphabet
from smoothing_tf.compression.coder import Coder
from smoothing_tf.models.autoregressive import AutoregressiveModel
from smoothing_tf.models.condition import Condition

# (number of the position, parameters [b, num_params]) -> values [b, num_channels].
_Visit = Callable[[int, np.ndarray], np.ndarray]


@dataclasses.dataclass
class _Run:
    """A walk that is under way: what it calls, and the error of that."""

    visit: _Visit
    error: Exception | None = None


# Number -> run. The graph of a model serves all runs, which it knows by their numbers.
_RUNS: dict[int, _Run] = {}
_NUMBERS = itertools.count()
# Model -> its traced walk.
_TRACED: weakref.WeakKeyDictionary[AutoregressiveModel, Any] = (
    weakref.WeakKeyDictionary()
)


class CodedWalk:
    """Codes examples by the parameters that the sampler computes position by position.

    Encoder and decoder run one traced function, the sampler's own walk with the same
    batch size and dtype. Only the parameters of a position leave it, and the values
    come back: the given ones from the encoder, those that were decoded from the
    decoder. So the parameters are the same bit for bit, which those of a pass over
    whole examples are not. A walk may visit a position several times before it goes to
    the next one, as the walk of stacked images visits the first; the last visit counts.
    The function is traced once for each model.

    Args:
      model: the model of the examples.
    """

    def __init__(self, model: AutoregressiveModel):
        self._model = model
        self._num_channels = model.num_channels
        self._num_positions = int(np.prod(model.event_shape)) // model.num_channels

    def push(
        self,
        coder: Coder,
        symbols: np.ndarray,
        alphabet: Alphabet,
        condition: Condition | None = None,
    ) -> None:
        """Pushes a batch of examples.

        Args:
          coder: takes the symbols.
          symbols: integers [b, ...event_shape].
          alphabet: values of the symbols.
          condition: condition of each example, or None.
        """
        shape = [len(symbols), self._num_positions, self._num_channels]
        values = alphabet.all_values(symbols).reshape(shape)
        symbols = symbols.reshape(shape)
        params: dict[int, np.ndarray] = {}

        def record(position, own):
            params[position] = np.array(own)  # `own` may be TensorFlow's memory.
            return values[:, position]

        self._run(record, len(symbols), condition)
        # What is pushed last is popped first.
        for position in reversed(range(self._num_positions)):
            for channel in reversed(range(self._num_channels)):
                previous = values[:, position, :channel]
                probabilities = self._probabilities(
                    position, params[position], previous, alphabet
                )
                coder.push(symbols[:, position, channel], probabilities)

    def pop(
        self,
        coder: Coder,
        batch_size: int,
        alphabet: Alphabet,
        condition: Condition | None = None,
    ) -> np.ndarray:
        """Pops a batch of examples that `push` has pushed.

        Args:
          coder: holds the symbols.
          batch_size: number of examples b.
          alphabet: values of the symbols.
          condition: condition of each example, or None.

        Returns:
          The symbols, int32 [b, ...event_shape].
        """
        shape = [batch_size, self._num_positions, self._num_channels]
        symbols = np.zeros(shape, np.int32)
        popped: list[tuple[int, np.ndarray, np.ndarray]] = []

        def decode(position, params):
            # The last visit of a position counts; what others popped is returned.
            while popped and popped[-1][0] == position:
                coder.push(*popped.pop()[1:])
            popped.clear()
            values = np.zeros([batch_size, self._num_channels], np.float32)
            for channel in range(self._num_channels):
                probabilities = self._probabilities(
                    position, params, values[:, :channel], alphabet
                )
                own = symbols[:, position, channel] = coder.pop(probabilities)
                popped.append((position, own, probabilities))
                dim = position * self._num_channels + channel
                values[:, channel] = alphabet.values(dim, own)
            return values

        self._run(decode, batch_size, condition)
        return symbols.reshape([batch_size, *self._model.event_shape])

    def _probabilities(self, position, params, previous, alphabet):
        """Computes the probabilities of the channel after `previous`."""
        dim = position * self._num_channels + previous.shape[1]
        return self._model.head.probabilities(params, previous, alphabet.cells(dim))

    def _run(self, visit: _Visit, batch_size: int, condition: Condition | None) -> None:
        run, number = _Run(visit), next(_NUMBERS) % 2**31
        _RUNS[number] = run
        parts = [part for part in condition or Condition() if part is not None]
        try:
            _find_walk(self._model)(
                tf.constant(number), tf.constant(batch_size), *parts
            )
        except tf.errors.OpError:
            # TensorFlow replaces an error of the visit by one of its own.
            if run.error is not None:
                raise run.error from None
            raise
        finally:
            del _RUNS[number]


def _find_walk(model: AutoregressiveModel) -> Callable:
    """Returns the walk of a model as a graph, which is traced once.

    It takes (number of the run, batch size, parts of the condition). One trace is for
    batches of all sizes, since another one may round differently.
    """

    def walk(number, batch_size, *parts):
        given = iter(parts)
        condition = Condition(
            next(given) if model.takes_x_smoothed else None, next(given, None)
        )

        def visit(params, place, position):
            del place  # The walk visits the positions in the order of their numbers.
            value = tf.numpy_function(_exchange, [number, position, params], tf.float32)
            return tf.ensure_shape(value, [None, model.num_channels]), position + 1

        return model.walk(batch_size, condition, visit, tf.constant(0))[0]

    if tf.config.functions_run_eagerly():
        return walk
    if model not in _TRACED:
        signature = [tf.TensorSpec([], tf.int32), tf.TensorSpec([], tf.int32)]
        if model.takes_x_smoothed:
            signature.append(tf.TensorSpec([None, *model.event_shape], tf.float32))
        if model.num_classes is not None:
            signature.append(tf.TensorSpec([None], tf.int32))
        # AutoGraph has no Python control flow to convert.
        traced = tf.function(walk, input_signature=signature, autograph=False)
        _TRACED[model] = traced.get_concrete_function()
    return _TRACED[model]


def _exchange(number, position, params):
    run = _RUNS[int(number)]
    try:
        return run.visit(int(position), params)
    except Exception as error:
        run.error = error
        raise
