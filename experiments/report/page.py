"""The report page of experiments: one HTML file without outside references."""

import base64
import dataclasses
import datetime
import importlib.metadata
import importlib.resources
from collections.abc import Mapping, Sequence
from typing import Any

import jinja2

from experiments.report.result import Result

_TEMPLATE = "page.html.j2"
_PACKAGES = ("smoothing_tf", "tensorflow", "keras", "tensorflow-probability", "numpy")


@dataclasses.dataclass(frozen=True)
class Section:
    """One experiment on the page.

    Attributes:
      name: a key of EXPERIMENTS.
      description: docstring of its module, a sentence first.
      result: what it gave.
      seconds: how long its cells took, on one CPU each, whenever that was; without
        cells how long this run took.
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
      sections: what could be run.
      errors: name of an experiment that failed -> why.
      command: the command that made the page.
      is_quick: whether to warn that the numbers mean nothing.

    Returns:
      HTML with all pictures embedded.
    """
    environment = jinja2.Environment(
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    template = importlib.resources.files(__package__).joinpath(_TEMPLATE)
    versions = {name: importlib.metadata.version(name) for name in _PACKAGES}
    return environment.from_string(template.read_text()).render(
        sections=[_view(section) for section in sections],
        errors={name: str(error) for name, error in errors.items()},
        command=command,
        is_quick=is_quick,
        now=datetime.datetime.now().astimezone().strftime("%Y-%m-%d %H:%M %Z"),
        versions=versions,
    )


def _view(section: Section) -> dict[str, Any]:
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
            "source": "data:image/png;base64," + base64.b64encode(png).decode(),
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
