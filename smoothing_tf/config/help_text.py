"""The text that `--help` prints."""

import textwrap
from collections.abc import Sequence
from typing import Any

from smoothing_tf.settings import (
    class_of,
    fields_of,
    flag_name,
    rules_of,
    text_of,
    type_of,
)
from smoothing_tf.stage import Stage

_WIDTH = 84
_INDENT = " " * 6


def help_text(usage: str, groups: Sequence[Any], stage_classes: Sequence[type]) -> str:
    """Lists every flag with its default and meaning, group by group.

    Args:
      usage: text that says what the command does.
      groups: dataclasses made of `setting` fields, or instances with other
        defaults.
      stage_classes: dataclasses whose flags exist once more for each stage.
    """
    lines = [usage.strip(), ""]
    for group in groups:
        lines += _group(group)
    if stage_classes:
        prefixes = ", ".join(f"--{stage}_" for stage in Stage)
        lines += [
            "A setting of a stage's model or training applies to all stages; with a",
            f"stage's name in front ({prefixes}...) to that stage alone.",
            "",
        ]
        for config_class in stage_classes:
            lines += _group(config_class)
    lines.append(
        "--flagfile=FILE reads flags from a file, one per line; later flags win."
    )
    return "\n".join(lines)


def _group(group: Any) -> list[str]:
    lines = [(class_of(group).__doc__ or "").splitlines()[0]]
    for config_class, field, default in fields_of(group):
        rules = rules_of(field)
        if default is None and not type_of(config_class, field).is_optional:
            lines.append(f"  --{flag_name(field)}  (required)")
        else:
            shown = text_of(field, default) or "empty"
            lines.append(f"  --{flag_name(field)}  (default {shown})")
        text = rules.help
        if rules.choices:
            text += f" One of: {', '.join((*rules.choices, *rules.open_choices))}."
        lines += textwrap.wrap(
            text, _WIDTH, initial_indent=_INDENT, subsequent_indent=_INDENT
        )
    return [*lines, ""]
