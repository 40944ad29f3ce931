"""The help text: defaults, choices, required flags, and the stages' prefixes."""

import dataclasses

from smoothing_tf.config.help_text import help_text
from smoothing_tf.settings import setting


@dataclasses.dataclass(frozen=True)
class Group:
    """What a group is for.

    More of it.
    """

    place: str = setting(None, "Where.")
    kind: str = setting("a", "Which.", choices=("a", "b"))
    note: str | None = setting(None, "Why.", none_name="")


def test_every_flag_has_its_line():
    assert help_text("Usage.", [Group], []).splitlines() == [
        "Usage.",
        "",
        "What a group is for.",
        "  --place  (required)",
        "      Where.",
        "  --kind  (default a)",
        "      Which. One of: a, b.",
        "  --note  (default empty)",
        "      Why.",
        "",
        "--flagfile=FILE reads flags from a file, one per line; later flags win.",
    ]


def test_an_instance_shows_its_own_values():
    assert "--kind  (default b)" in help_text("", [Group("x", "b")], [])


def test_settings_of_stages_come_with_their_prefixes():
    text = help_text("", [], [Group])
    assert "--smoothed_, --reverse_, --baseline_" in text and "--kind" in text
