"""Downloads data sets through TensorFlow Datasets, and splits off validation data."""

import contextlib
import dataclasses
import difflib
import functools
import http.client
import io
import pathlib
import re
import ssl
import threading
import urllib.error
import urllib.parse
import urllib.request

import tensorflow_datasets as tfds
from tensorflow_datasets.core.download.resource import get_dl_fname

from smoothing_tf.data.prepared import UnknownDatasetError, make_builder
from smoothing_tf.data.shards import PartOfShard, Shard
from smoothing_tf.data.source import Source

_TIMEOUT_SECONDS = 10.0
# Messages of TFDS about a configuration or version that does not exist.
_UNKNOWN_PART = re.compile(r"BuilderConfig|cannot be loaded at version")
# Archives that an error message names.
_NUM_NAMED = 4


def download(name: str, data_dir: str | None) -> tfds.core.DatasetBuilder:
    """Returns a builder of TFDS, after downloading and preparing it if necessary.

    Args:
      name: name of the data set in TFDS, NAME[/CONFIG][:VERSION].
      data_dir: directory of TFDS; None for its default directory.

    Raises:
      OSError: the data cannot be downloaded; the message says what to do. An
        unreachable network is reported at once.
      ValueError: there is no such data set, or the data that are already prepared are
        damaged.
    """
    builder = make_builder(functools.partial(_make, name), data_dir)
    if builder.is_prepared():
        return builder
    try:
        _check_network(builder)
        # TFDS prints a dozen lines, on both streams.
        with contextlib.redirect_stdout(io.StringIO()):
            builder.download_and_prepare()
    except Exception as error:
        # The network, a site's quota or a changed file may cause any kind of error.
        reason = (str(error).splitlines() or [type(error).__name__])[0].rstrip(".")
        raise OSError(
            f"The data set {name!r} is not in {builder.data_dir} and could not be"
            f" downloaded and prepared: {reason}. On a machine with a network,"
            " run python -c 'import tensorflow_datasets as tfds;"
            f' tfds.builder("{name}", data_dir="DIR").download_and_prepare()\','
            f" copy DIR here, and give it as --data_dir.{_offline_advice(builder)}"
        ) from error
    return builder


def _make(name: str, **kwargs) -> tfds.core.DatasetBuilder:
    try:
        return tfds.builder(name, **kwargs)
    except tfds.core.registered.DatasetNotFoundError as error:
        plain = name.partition(":")[0].partition("/")[0]
        close = difflib.get_close_matches(plain, tfds.list_builders(), n=3)
        hint = f" Did you mean {' or '.join(close)}?" if close else ""
        raise UnknownDatasetError(
            f"`dataset` must name a data set of TensorFlow Datasets after tfds:; there"
            f" is no {plain!r}.{hint} tfds.list_builders() lists all."
        ) from error
    except (ValueError, AssertionError) as error:
        lines = str(error).strip().splitlines() or [type(error).__name__]
        if not any(_UNKNOWN_PART.search(line) for line in lines):
            raise
        raise UnknownDatasetError(
            f"`dataset` must name a configuration and version of a data set of"
            f" TensorFlow Datasets after tfds:; got {name!r}: {lines[-1].rstrip('.')}."
        ) from error


def _check_network(builder: tfds.core.DatasetBuilder) -> None:
    """Tries to reach the first archive that is missing, once.

    TFDS itself tries ten times and waits in between, for minutes.

    Raises:
      ConnectionError: its server cannot be reached.
    """
    archives = _missing_archives(builder)
    if not archives:
        return
    url = archives[0].url
    problems: list[str | None] = []
    # A thread, because the time to look up a name has no limit of its own.
    thread = threading.Thread(
        target=lambda: problems.append(_try_to_reach(url)), daemon=True
    )
    thread.start()
    thread.join(_TIMEOUT_SECONDS)
    problem = problems[0] if problems else f"no answer in {_TIMEOUT_SECONDS:g} seconds"
    if problem is not None:
        host = urllib.parse.urlsplit(url).hostname
        raise ConnectionError(f"{host} cannot be reached ({problem})")


def _try_to_reach(url: str) -> str | None:
    """Returns why a server does not answer, or None."""
    request = urllib.request.Request(url, method="HEAD")
    try:
        urllib.request.urlopen(request, timeout=_TIMEOUT_SECONDS).close()
    except urllib.error.HTTPError:
        return None  # Whether the server has the file is for TFDS to find out.
    except (OSError, ValueError, http.client.HTTPException) as error:
        reason = getattr(error, "reason", error)
        # TFDS has certificates of its own.
        return None if isinstance(reason, ssl.SSLError) else str(reason)
    return None


@dataclasses.dataclass(frozen=True)
class _Archive:
    url: str
    file: str | None


def _missing_archives(builder: tfds.core.DatasetBuilder) -> list[_Archive]:
    """Lists the known archives of a data set that are neither copied nor downloaded."""
    downloads = _downloads_directory(builder)
    archives = []
    for url, info in (builder.url_infos or {}).items():
        is_copied = info.filename and (downloads / "manual" / info.filename).exists()
        names = (get_dl_fname(url, info.checksum), get_dl_fname(url))
        is_downloaded = any((downloads / name).exists() for name in names)
        if not is_copied and not is_downloaded:
            archives.append(_Archive(url, info.filename))
    return archives


def _downloads_directory(builder: tfds.core.DatasetBuilder) -> pathlib.Path:
    return pathlib.Path(builder.data_dir_root) / "downloads"


def _offline_advice(builder: tfds.core.DatasetBuilder) -> str:
    """Says which archives TFDS would use from where."""
    archives = [archive for archive in _missing_archives(builder) if archive.file]
    if not archives:
        return ""
    files = [f"{archive.file} ({archive.url})" for archive in archives[:_NUM_NAMED]]
    if len(archives) > _NUM_NAMED:
        files.append(f"and {len(archives) - _NUM_NAMED} more")
    directory = _downloads_directory(builder) / "manual"
    return f" Or put its archives into {directory}: {', '.join(files)}."


def hold_out(source: Source, num_examples: int) -> Source:
    """Turns the last stored examples of the split "train" into a validation split.

    Raises:
      ValueError: the split has no more than `num_examples`.
    """
    shards = source.shards["train"]
    total = sum(shard.num_examples for shard in shards)
    if total <= num_examples:
        raise ValueError(
            f"The split 'train' of {source.name!r} must hold more than {num_examples}"
            f" examples, the size of the validation split; it has {total}."
        )
    first = total - num_examples
    splits = {
        "train": _select(shards, 0, first),
        "validation": _select(shards, first, total),
    }
    return dataclasses.replace(source, shards={**source.shards, **splits})


def _select(shards: tuple[Shard, ...], start: int, stop: int) -> tuple[Shard, ...]:
    """Selects the examples `start` to `stop` of consecutive shards."""
    parts: list[Shard] = []
    offset = 0
    for shard in shards:
        size = shard.num_examples
        low, high = (min(max(end - offset, 0), size) for end in (start, stop))
        if high - low == size:
            parts.append(shard)
        elif high > low:
            parts.append(PartOfShard(shard, low, high))
        offset += size
    return tuple(parts)
