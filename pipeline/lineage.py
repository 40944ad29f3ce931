"""Says how an artifact of a local run came about.

    python -m pipeline.lineage PATH

PATH is an artifact below a --pipeline_root, a file in one, a pushed model, or a page in
the pipeline root. Prints the run and the node that made it, the code, the flags and the
artifacts that the node was given, and the same of the nodes that made those.
"""

import dataclasses
import pathlib
from collections.abc import Iterator, Sequence

from pipeline.records.ancestry import (
    Origin,
    Records,
    find_ancestors,
    find_origin,
    find_root,
)
from pipeline.records.changes import changed_files, settings_of, shorten_files
from pipeline.records.node_record import (
    NodeRecord,
    all_records,
    artifact_path,
    file_digest,
)
from smoothing_tf import command_line
from smoothing_tf import config as config_lib
from smoothing_tf.checkout import ROOT
from smoothing_tf.settings import setting, validate

_CODE = "code_digest"
_NUM_DIGITS = 12


@dataclasses.dataclass(frozen=True)
class LineageConfig:
    """Settings of the command."""

    pipeline_root: str | None = setting(
        None,
        "The pipeline root of the run; needed only for a model that was pushed to"
        " another place.",
        is_path=True,
        none_name="",
    )

    def __post_init__(self):
        validate(self)


def describe_lineage(path: pathlib.Path, root: pathlib.Path | None = None) -> str:
    """Describes how an artifact came about.

    Args:
      path: see the module.
      root: the pipeline root; None for the one that `path` is in.

    Raises:
      FileNotFoundError: `path` does not exist.
      ValueError: no record of a run names it.
    """
    path = path.absolute()
    if not path.exists():
        raise FileNotFoundError(f"{path} does not exist; name an artifact of a run.")
    path = path.resolve()
    root = find_root(path) if root is None else root.resolve()
    if root is None:
        raise ValueError(
            f"{path} is in no pipeline root that has records of its runs. Give"
            " --pipeline_root=DIR if it was pushed from one. Earlier versions of the"
            " runner left no records."
        )
    records = all_records(root)
    origin = find_origin(path, records)
    if origin is None:
        raise ValueError(
            f"No run in {root} has a record of making {path}; name an artifact, or a"
            " file in one."
        )
    parts = [f"{path}", *_describe(origin, records)]
    for parent in find_ancestors(origin, records):
        parts += ["", str(parent.directory), *_describe(parent, records)]
    return "\n".join(parts)


def _describe(origin: Origin, records: Records) -> Iterator[str]:
    record = origin.record
    output = "" if origin.output is None else f", output {origin.output}"
    yield f"  node:     {record.node}{output}"
    run = origin.directory.parent.name
    yield f"  run:      {run}, finished {record.finished}"
    yield f"  code:     {_code(record)}"
    yield from _block("flags:", _flags(record))
    yield from _block("made of:", _parents(record, records))


def _block(title: str, lines: Sequence[str]) -> Iterator[str]:
    for index, line in enumerate(lines or ["nothing"]):
        yield f"  {'' if index else title:<9} {line}"


def _code(record: NodeRecord) -> str:
    """Names the digest of the code, and what has changed since."""
    digest = str(record.arguments.get(_CODE) or "")[:_NUM_DIGITS] or "no digest"
    now = {
        name: file_digest(ROOT / name)
        for name in record.code
        if (ROOT / name).is_file()
    }
    files = changed_files(record.code, now)
    state = f"changed since: {shorten_files(files)}" if files else "unchanged since"
    return f"{digest}, {len(record.code)} files, {state}"


def _flags(record: NodeRecord) -> list[str]:
    """Lists the parameters of the node, one a line."""
    lines: list[str] = []
    for name, value in record.arguments.items():
        if name == _CODE or artifact_path(value) is not None:
            continue
        is_flags = isinstance(value, list) and all(
            isinstance(item, str) and item.startswith("--") for item in value
        )
        settings = settings_of(value) or {name: value}
        lines += value if is_flags else [f"{n}={v}" for n, v in settings.items()]
    return lines


def _parents(record: NodeRecord, records: Records) -> list[str]:
    """Lists the artifacts that the node was given, one a line."""
    lines: list[str] = []
    for name, value in record.arguments.items():
        path = artifact_path(value)
        if path is not None:
            parent = find_origin(pathlib.Path(path), records)
            maker = f" of {parent.record.node}" if parent else ""
            lines.append(f"{name}{maker}: {path}")
    return lines


def main(argv: Sequence[str]) -> None:
    """Runs the command line on `argv`, without the program's name."""
    paths, options = config_lib.parse_known_options(argv, LineageConfig, usage=__doc__)
    flags = [path for path in paths if path.startswith("-")]
    if flags:
        raise ValueError(f"Unknown flag {flags[0]}; see --help.")
    if len(paths) != 1:
        raise ValueError(f"Give one PATH; got {len(paths)}. See --help.")
    root = options.pipeline_root
    print(describe_lineage(pathlib.Path(paths[0]), root and pathlib.Path(root)))


if __name__ == "__main__":
    command_line.run(main)
