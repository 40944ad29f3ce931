"""Copies of a file, each with one fault."""

import numpy as np

# All of these bytes are in the header of a compressed file.
_HEADER_PLACES = range(0, 40, 2)


def damaged_copies(data: bytes) -> dict[str, list[bytes]]:
    """Makes copies of a compressed file that must not be decompressed.

    Returns:
      200 copies with one byte "changed" anywhere, 20 with one in the "header", and 200
      "truncated" ones.
    """
    rng = np.random.default_rng(0)

    def change(place):
        copy = bytearray(data)
        copy[place] ^= int(rng.integers(1, 256))
        return bytes(copy)

    return {
        "changed": [change(place) for place in rng.integers(len(data), size=200)],
        "header": [change(place) for place in _HEADER_PLACES],
        "truncated": [data[:end] for end in rng.integers(len(data), size=200)],
    }
