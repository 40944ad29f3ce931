"""Settings of ingest."""

import dataclasses

from smoothing_tf.settings import setting, validate


@dataclasses.dataclass(frozen=True)
class IngestConfig:
    """Settings of ingest: how many records may be rejected, and where it runs."""

    max_rejected_fraction: float = setting(
        0.0,
        "Largest fraction of unsound records in a split; such records are left out.",
        minimum=0.0,
        exclusive_maximum=1.0,
    )
    beam_runner: str = setting(
        "DirectRunner",
        "Apache Beam runner. DirectRunner runs in this process; others need a file"
        " system that their workers share.",
    )
    beam_options: tuple[str, ...] = setting(
        (), "Options of the Beam runner, e.g. --flink_master=host:8081."
    )

    def __post_init__(self):
        validate(self)
