"""The report of experiments: one HTML file without external references."""

import dataclasses
import datetime
import importlib.metadata
from collections.abc import Mapping, Sequence
from typing import Any

from experiments.report.table import Result
from smoothing_tf.evaluation.html_page import data_url, render_html

_TEMPLATE = "page.html.j2"
_PACKAGES = ("smoothing_tf", "tensorflow", "keras", "tensorflow-probability", "numpy")


@dataclasses.dataclass(frozen=True)
class Section:
    """One experiment on the page.

    Attributes:
      name: a key of EXPERIMENTS.
      description: title and description, as in `Experiment`.
      result: tables and figures.
      seconds: computing time of all cells, including those of earlier runs; without
        cells the duration of this run.
    """

    name: str
    description: str
    result: Result
    seconds: float


def render_page(
    sections: Sequence[Section],
    errors: Mapping[str, Exception],
    command: str,
    *,
    is_quick: bool = False,
) -> str:
    """Renders the page.

    Args:
      sections: experiments that succeeded.
      errors: name of a failed experiment -> its error.
      command: command that made the page.
      is_quick: whether to warn that the numbers are meaningless.

    Returns:
      HTML with all pictures embedded.
    """
    return render_html(
        __package__,
        _TEMPLATE,
        sections=[_template_values(section) for section in sections],
        errors={name: str(error) for name, error in errors.items()},
        command=command,
        is_quick=is_quick,
        now=datetime.datetime.now().astimezone().strftime("%Y-%m-%d %H:%M %Z"),
        versions={name: importlib.metadata.version(name) for name in _PACKAGES},
    )


def _template_values(section: Section) -> dict[str, Any]:
    title, _, rest = section.description.strip().partition("\n")
    tables = [
        {
            "title": table.title,
            "columns": table.columns,
            "numeric": table.numeric_columns,
            "rows": table.text_rows(),
            "notes": table.all_notes,
            "criteria": [
                {"holds": criterion.holds, "text": criterion.to_text()}
                for criterion in table.criteria
            ],
            "is_main": name == "table",
        }
        for name, table in section.result.tables.items()
    ]
    figures = [
        {
            "source": data_url("png", png),
            "caption": section.result.captions.get(name, name),
        }
        for name, png in section.result.figures.items()
    ]
    criteria = [criterion for table in tables for criterion in table["criteria"]]
    return {
        "name": section.name,
        "title": title,
        "text": " ".join(rest.split()),
        "tables": tables,
        "figures": figures,
        "num_criteria": len(criteria),
        "num_held": sum(criterion["holds"] for criterion in criteria),
        "minutes": f"{section.seconds / 60:.1f}",
    }
