"""Settings of ingest."""

import dataclasses

from smoothing_tf.settings import setting, validate


@dataclasses.dataclass(frozen=True)
class IngestConfig:
    """Settings of ingest: what may be wrong with the records, and where it runs."""

    max_rejected_fraction: float = setting(
        0.0,
        "Largest fraction of unsound records in a split; such records are left out.",
        minimum=0.0,
        exclusive_maximum=1.0,
    )
    max_duplicate_fraction: float = setting(
        1.0,
        "Largest fraction of examples in a split that repeat an earlier one of that"
        " split, or one of an earlier split (train, validation, test); such examples"
        " are kept and named. 1 allows any.",
        minimum=0.0,
        maximum=1.0,
    )
    beam_runner: str = setting(
        "DirectRunner",
        "Apache Beam runner: DirectRunner, which runs in this process, or DaskRunner,"
        " whose workers must share a file system with the node. Others are not tried.",
    )
    beam_options: tuple[str, ...] = setting(
        (),
        "Options of the Beam runner, e.g. --dask_client_address=tcp://host:8786.",
    )

    def __post_init__(self):
        validate(self)
