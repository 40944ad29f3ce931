"""The entropy coder: a stack of symbols, coded by asymmetric numeral systems."""

from typing import Any

import numpy as np

# The coder counts no probability as less.
SMALLEST_PROBABILITY = 2.0**-24
_WORD = np.dtype("<u4")


def check_installed() -> None:
    """Checks, before any work is done, that the coder's package is installed.

    Raises:
      RuntimeError: it is not.
    """
    _constriction()


class Coder:
    """A stack of symbols; the last ones pushed are the first ones popped.

    Popping symbols that were never pushed draws them from the given probabilities, with
    the bits of the stack as the source of randomness, and pushing them again restores
    these bits exactly.

    Args:
      data: what `to_bytes` of another coder returned, or any bytes.

    Reference: Duda, "Asymmetric numeral systems", 2013; Bamler, "Understanding Entropy
    Coding With Asymmetric Numeral Systems", 2022 (the package constriction).
    """

    def __init__(self, data: bytes = b""):
        constriction = _constriction()
        # The last word must not be 0.
        data = data.rstrip(b"\0")
        words = np.frombuffer(data + bytes(-len(data) % _WORD.itemsize), _WORD)
        self._ans = constriction.stream.stack.AnsCoder(words.astype(np.uint32))
        self._family = constriction.stream.model.Categorical(perfect=False)

    @property
    def num_bits(self) -> int:
        """Size of the stack, in bits."""
        return self._ans.num_valid_bits()

    def push(self, symbols: np.ndarray, probabilities: np.ndarray) -> None:
        """Pushes symbols at the cost of -log2 of their probabilities, in bits.

        Args:
          symbols: integers [n], which `pop` returns in the same order.
          probabilities: float64 [n, k], each row normalized. No probability counts as
            less than 2^-24.

        Raises:
          ValueError: a probability is not finite.
        """
        probabilities = _check_finite(probabilities)
        symbols = np.ascontiguousarray(symbols, np.int32)
        self._ans.encode_reverse(symbols, self._family, probabilities)

    def pop(self, probabilities: np.ndarray) -> np.ndarray:
        """Pops symbols, int32 [n].

        Args:
          probabilities: float64 [n, k], those that the symbols were pushed with.

        Raises:
          ValueError: a probability is not finite.
        """
        return self._ans.decode(self._family, _check_finite(probabilities))

    def to_bytes(self) -> bytes:
        """Returns the bits of the stack, in as few bytes as hold them."""
        words = self._ans.get_compressed()
        return words.astype(_WORD).tobytes().rstrip(b"\0")


def _check_finite(probabilities: np.ndarray) -> np.ndarray:
    if not np.all(np.isfinite(probabilities)):
        raise ValueError(
            "The model's probabilities are not finite (NaN or infinity), so nothing can"
            " be coded with it; train it again."
        )
    return np.ascontiguousarray(probabilities, np.float64)


def _constriction() -> Any:
    try:
        import constriction
    except ImportError as error:
        raise RuntimeError(
            "Compression needs the package constriction, which is not installed; run"
            " pip install 'smoothing_tf[codec]'."
        ) from error
    return constriction
