"""Settings of the nodes that the configuration of a run does not hold."""

import dataclasses

from components.ingest.ingest_config import IngestConfig
from smoothing_tf.settings import setting


@dataclasses.dataclass(frozen=True)
class NodeSettings(IngestConfig):
    """Settings of ingest, of Beam, of push and of what must hold before it."""

    push_dir: str | None = setting(
        None,
        "Where models are pushed to, as <push_dir>/<integer version>/: a directory, on"
        " a cluster below the path of a --pvc, or gs://BUCKET/DIR.",
        none_name="",
        is_path=True,
        url_schemes=("gs",),
    )
    bless_against: str | None = setting(
        None,
        "Directory of served versions, often that of --push_dir. A model is pushed only"
        " if its bound is better than that of the newest version there, on the same"
        " images and beyond two standard errors, unless --max_regression allows more."
        " By default nothing is compared. On a cluster, below the path of a --pvc of"
        " configure and evaluate, or gs://BUCKET/DIR.",
        none_name="",
        is_path=True,
        url_schemes=("gs",),
    )
    max_regression: float = setting(
        0.0,
        "With --bless_against, the difference between the two bounds plus two of its"
        " standard errors must be below this: in bits per dimension, for vectors in"
        " nats. At 0 a model must be better; above it may be that much worse.",
    )

    def __post_init__(self):
        super().__post_init__()
        if self.max_regression != 0.0 and self.bless_against is None:
            raise ValueError(
                f"`max_regression` {self.max_regression:g} has no effect without"
                " `bless_against`; give --bless_against=DIR as well, or drop it."
            )
