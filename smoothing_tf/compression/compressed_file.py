"""The format of compressed files.

    "STFC" | format version, 1 byte | size of the next part, 4 bytes
    header as JSON, deflated | index of the blocks | CRC32 of all so far, 4 bytes
    blocks

Numbers are little-endian; for the header see header_text.py. The index has, for each
block, its size, the CRC32 of its bytes and that of its images; then, if images form a
chain, the sizes of the batches and the number of borrowed bytes. Sizes in the index
have 7 bits a byte, the lowest first.
"""

import dataclasses
import json
import math
import struct
import zlib
from collections.abc import Sequence

from smoothing_tf.compression.block import Block
from smoothing_tf.compression.config import BASELINE, MIN_GRID, CompressionConfig
from smoothing_tf.compression.header_text import deflate, inflate
from smoothing_tf.compression.levels import MAX_NUM_LEVELS

FORMAT_VERSION = 2
_MAGIC = b"STFC"
_START = struct.Struct("<4sBI")
_CRC = struct.Struct("<I")
_CRCS = struct.Struct("<II")


@dataclasses.dataclass(frozen=True)
class Header:
    """The facts about a compressed file.

    Attributes:
      stage: "baseline" or "two_stage".
      model: digest of the model; see `facts.model_digest`.
      library: version of smoothing_tf.
      constriction: version of the package of the coder.
      tensorflow: version of TensorFlow.
      numpy: version of NumPy.
      device: kind of device.
      threads: number of threads of TensorFlow's operations.
      dtype: compute dtypes of the networks.
      shape: [n, height, width, channels] of the images.
      levels: number of levels of the data.
      batch: largest number of images that are walked over at once.
      seed: seed of the borrowed bits and of the dither.
      grid: width of the cells of x~, in standard deviations of the noise; None if x~
        is on no such grid.
    """

    stage: str
    model: str
    library: str
    constriction: str
    tensorflow: str
    numpy: str
    device: str
    threads: int
    dtype: str
    shape: tuple[int, ...]
    levels: int
    batch: int
    seed: int = 0
    grid: float | None = None

    @property
    def has_chain(self) -> bool:
        """Whether the images form one chain, in one block."""
        return self.grid is not None

    @property
    def block_sizes(self) -> list[int]:
        """Number of images of each block."""
        total = self.shape[0]
        if self.stage != BASELINE:
            return [total]
        return even_sizes(total, self.batch)


def even_sizes(total: int, size: int) -> list[int]:
    """Splits a number into parts of a size, the last of which may be smaller."""
    return [min(size, total - start) for start in range(0, total, size)]


@dataclasses.dataclass(frozen=True)
class StoredBlock:
    """A block as a file holds it.

    Attributes:
      block: the block; its bytes may be damaged or missing.
      is_intact: whether its bytes are those that were written.
    """

    block: Block
    is_intact: bool


def to_bytes(header: Header, blocks: Sequence[Block]) -> bytes:
    """Makes the bytes of a compressed file."""
    given = {
        field.name: getattr(header, field.name)
        for field in dataclasses.fields(header)
        if getattr(header, field.name) != field.default
    }
    index = b"".join(_index_entry(block) for block in blocks)
    if header.has_chain:
        (chain,) = blocks
        numbers = (len(chain.sizes), *chain.sizes, chain.num_borrowed)
        index += b"".join(map(_varint, numbers))
    text = json.dumps(given, separators=(",", ":"), allow_nan=False)
    content = deflate(text) + index
    start = _START.pack(_MAGIC, FORMAT_VERSION, len(content)) + content
    parts = [start, _CRC.pack(zlib.crc32(start)), *(block.data for block in blocks)]
    return b"".join(parts)


def from_bytes(data: bytes) -> tuple[Header, list[StoredBlock]]:
    """Reads a compressed file; inverse of `to_bytes`.

    Raises:
      ValueError: it is no such file, has another format version, or its header is
        damaged.
    """
    if not data.startswith(_MAGIC):
        raise _unreadable(
            "it is not a compressed file of this library", "Give one that is."
        )
    if len(data) < _START.size:
        raise _unreadable("its header is truncated")
    _, version, size = _START.unpack_from(data)
    if version != FORMAT_VERSION:
        raise _unreadable(
            f"it has format version {version}, and this library reads {FORMAT_VERSION}",
            "Use the version of smoothing_tf that wrote it.",
        )
    end = _START.size + size
    stored_crc = data[end : end + _CRC.size]
    if stored_crc != _CRC.pack(zlib.crc32(data[:end])):
        raise _unreadable("its header is damaged or truncated")
    try:
        text, index = inflate(data[_START.size : end])
        facts = json.loads(text)
        header = Header(**facts | {"shape": tuple(facts["shape"])})
        _check_header(header, index)
        blocks, rest = _read_blocks(header, index, data[end + _CRC.size :])
    except (IndexError, KeyError, TypeError, ValueError, struct.error):
        raise _unreadable(
            "its header has other facts than this library writes",
            "Use the version of smoothing_tf that wrote it.",
        ) from None
    if rest:
        raise _unreadable(f"it has {len(rest)} bytes after its last block")
    return header, blocks


def _unreadable(problem: str, advice: str = "Restore it from a copy.") -> ValueError:
    return ValueError(f"The file cannot be decompressed: {problem}. {advice}")


def _check_header(header: Header, index: bytes) -> None:
    """Checks the facts by which a file is read, whose CRC says that they were written.

    Raises:
      TypeError: one is of another type.
      ValueError: one is not possible, or the index too short.
    """
    for number, low, high in (
        *((size, 1, math.inf) for size in header.shape),
        (header.levels, 2, MAX_NUM_LEVELS),
        (header.threads, 1, math.inf),
    ):
        if type(number) is not int or not low <= number <= high:
            raise ValueError
    # The encoder's settings have the rules of the others.
    CompressionConfig(
        stage=header.stage,
        batch_size=header.batch,
        grid=MIN_GRID if header.grid is None else header.grid,
        seed=header.seed,
    )
    if header.stage == BASELINE and header.shape[0] // header.batch > len(index):
        raise ValueError


def _read_blocks(
    header: Header, index: bytes, data: bytes
) -> tuple[list[StoredBlock], bytes]:
    """Returns the blocks and what follows them."""
    position, entries = 0, []
    for _ in header.block_sizes:
        size, position = _read_varint(index, position)
        entries.append((size, *_CRCS.unpack_from(index, position)))
        position += _CRCS.size
    chain: list[int] = []
    num_borrowed = 0
    if header.has_chain:
        number, position = _read_varint(index, position)
        for _ in range(number):
            size, position = _read_varint(index, position)
            chain.append(size)
        num_borrowed, position = _read_varint(index, position)
        if sum(chain) != header.shape[0]:
            raise ValueError
    blocks, start = [], 0
    for number, (size, crc, content_crc) in zip(
        header.block_sizes, entries, strict=True
    ):
        own = data[start : start + size]
        sizes = tuple(chain or even_sizes(number, header.batch))
        block = Block(own, content_crc, sizes, num_borrowed)
        blocks.append(StoredBlock(block, len(own) == size and zlib.crc32(own) == crc))
        start += size
    return blocks, data[start:]


def _index_entry(block: Block) -> bytes:
    crcs = _CRCS.pack(zlib.crc32(block.data), block.content_crc)
    return _varint(len(block.data)) + crcs


def _varint(number: int) -> bytes:
    encoded = bytearray()
    while number >= 0x80:
        encoded.append(number & 0x7F | 0x80)
        number >>= 7
    encoded.append(number)
    return bytes(encoded)


def _read_varint(data: bytes, position: int) -> tuple[int, int]:
    """Returns (number, position of what follows it)."""
    number, shift = 0, 0
    while data[position] & 0x80:
        number |= (data[position] & 0x7F) << shift
        position, shift = position + 1, shift + 7
    return number | data[position] << shift, position + 1
