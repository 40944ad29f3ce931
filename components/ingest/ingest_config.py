"""How ingest runs, and what it rejects."""

import dataclasses

from smoothing_tf.settings import setting, validate


@dataclasses.dataclass(frozen=True)
class IngestConfig:
    """How data are checked, and where."""

    max_rejected_fraction: float = setting(
        0.0,
        "Largest fraction of a split's records that may be unsound; they are left out.",
        minimum=0.0,
        exclusive_maximum=1.0,
    )
    beam_runner: str = setting(
        "DirectRunner",
        "Apache Beam runner; DirectRunner works in this process. Another one needs a"
        " file system that its workers share.",
    )
    beam_options: tuple[str, ...] = setting(
        (), "Options of the Beam runner, e.g. --flink_master=host:8081."
    )

    def __post_init__(self):
        validate(self)
