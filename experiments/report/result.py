"""What an experiment gives."""

import dataclasses

from experiments.report.table import Table


@dataclasses.dataclass(frozen=True)
class Result:
    """Tables and figures of an experiment, by the name of their file.

    Attributes:
      tables: name -> table, written as NAME.json; "table" is the main one.
      figures: name -> PNG, written as NAME.png; "figure" is the main one.
      captions: name of a figure -> what it shows, in a sentence or two.
    """

    tables: dict[str, Table]
    figures: dict[str, bytes]
    captions: dict[str, str] = dataclasses.field(default_factory=dict)
