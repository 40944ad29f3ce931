"""The text of a header, in few bytes.

It is deflated (RFC 1951) with a preset dictionary of facts that are often the same, so
that these cost next to nothing.
"""

import zlib

# A part of the format: headers that were written with another dictionary are misread,
# so a change of it needs another `FORMAT_VERSION` (compressed_file.py).
_DICTIONARY = (
    b'"stage":"two_stage","seed":"grid":0.25}"dtype":"mixed_bfloat16","device":"CPU'
    b' aarch64 avx2,3],"levels":256,"batch":{"stage":"baseline","model":"","library":"'
    b'0.1.0","constriction":"0.5.0","tensorflow":"2.21.0","numpy":"2.4.6","device":"CPU'
    b' x86_64 avx512_bf16","threads":1,"dtype":"float32","shape":[1000,8,8,1],"levels":'
    b'17,"batch":100}'
)
# Bits of the window; negative for a stream without a frame around it.
_WINDOW = -15
_MAX_LENGTH = 10_000


def deflate(text: str) -> bytes:
    """Compresses the text of a header."""
    compressor = zlib.compressobj(9, wbits=_WINDOW, zdict=_DICTIONARY)
    return compressor.compress(text.encode()) + compressor.flush()


def inflate(data: bytes) -> tuple[str, bytes]:
    """Returns the text at the beginning of `data` and the bytes after it.

    Raises:
      ValueError: there is no text, or it is too long for a header.
    """
    decompressor = zlib.decompressobj(_WINDOW, zdict=_DICTIONARY)
    try:
        text = decompressor.decompress(data, _MAX_LENGTH)
    except zlib.error as error:
        raise ValueError(f"The text cannot be inflated: {error}.") from None
    if not decompressor.eof:
        raise ValueError("The text is truncated or too long.")
    return text.decode(), decompressor.unused_data
