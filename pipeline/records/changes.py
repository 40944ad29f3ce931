"""Says what differs between what a node was given and what it would be given."""

import json
from collections.abc import Mapping
from typing import Any

from pipeline.records.node_record import artifact_path

_CODE = "code_digest"
_DATA = "data_digest"
# It stands for inputs of this node and of those before it, which are named themselves.
_ORIGIN = "made_from"
_MISSING = object()
_MAX_FILES = 3
_MAX_LETTERS = 60


def explain_changes(
    before: Mapping[str, Any],
    after: Mapping[str, Any],
    code_before: Mapping[str, str],
    code_after: Mapping[str, str],
    producers: Mapping[str, str],
) -> list[str]:
    """Compares the inputs of a node.

    Args:
      before: input -> value, as in the record of the node's last execution.
      after: likewise, of the execution to come.
      code_before: file of the code -> digest, of the last execution.
      code_after: likewise, of the code as it is now.
      producers: path of an artifact -> name of the node that makes it.

    Returns:
      One sentence part for each change, e.g. "--num_steps: 40 -> 10".
    """
    reasons = []
    for name in dict.fromkeys([*before, *after]):
        old, new = before.get(name, _MISSING), after.get(name, _MISSING)
        if old == new or name == _ORIGIN:
            continue
        path = artifact_path(new)
        if path is not None:
            node = producers.get(path)
            reasons.append(f"{name} is new" + (f", from {node}" if node else ""))
        elif name == _CODE:
            reasons.append(f"code: {_code_changes(code_before, code_after)}")
        elif name == _DATA:
            reasons.append("data: the files of the data set changed")
        elif isinstance(old, list) and isinstance(new, list):
            reasons += _pairs(name, _flags(old), _flags(new))
        else:
            olds, news = settings_of(old), settings_of(new)
            if olds is None or news is None:
                olds, news = {name: old}, {name: new}
            reasons += _pairs("", olds, news)
    return reasons


def settings_of(value: Any) -> dict[str, Any] | None:
    """Reads several settings in one input, a JSON object or nothing; else None."""
    if value == "":
        return {}
    if not (isinstance(value, str) and value.startswith("{")):
        return None
    try:
        return json.loads(value)
    except ValueError:
        return None


def changed_files(before: Mapping[str, str], after: Mapping[str, str]) -> list[str]:
    """Lists the files of the code that differ, sorted."""
    names = sorted({*before, *after})
    return [name for name in names if before.get(name) != after.get(name)]


def shorten_files(files: list[str]) -> str:
    """Joins the first few names and says how many more there are."""
    text = ", ".join(files[:_MAX_FILES])
    rest = len(files) - _MAX_FILES
    return f"{text} and {rest} more" if rest > 0 else text


def _code_changes(before: Mapping[str, str], after: Mapping[str, str]) -> str:
    files = changed_files(before, after)
    # The digest covers the versions of packages as well.
    return shorten_files(files) if files else "the version of a package changed"


def _flags(values: list) -> dict[str, Any]:
    """Turns --name=value into name -> value; other elements keep their place."""
    found = {}
    for index, value in enumerate(values):
        name, equals, text = str(value).partition("=")
        is_flag = name.startswith("--") and equals
        found[name if is_flag else f"[{index}]"] = text if is_flag else value
    return found


def _pairs(prefix: str, before: Mapping, after: Mapping) -> list[str]:
    found = []
    for name in dict.fromkeys([*before, *after]):
        old, new = before.get(name, _MISSING), after.get(name, _MISSING)
        if old == new:
            continue
        shown = name if str(name).startswith("--") else f"{prefix}{name}"
        if isinstance(old, dict) and isinstance(new, dict):
            found += _pairs(f"{shown} ", old, new)
        else:
            found.append(f"{shown}: {_shown(old)} -> {_shown(new)}")
    return found


def _shown(value: Any) -> str:
    if value is _MISSING:
        return "not given"
    text = str(value) if value != "" else "empty"
    return text if len(text) <= _MAX_LETTERS else f"{text[:_MAX_LETTERS]}..."
