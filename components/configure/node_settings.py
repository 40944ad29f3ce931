"""Settings of the nodes that the configuration of a run does not hold."""

import dataclasses

from components.ingest.ingest_config import IngestConfig
from smoothing_tf.settings import setting


@dataclasses.dataclass(frozen=True)
class NodeSettings(IngestConfig):
    """Settings of ingest, of Beam and of push."""

    push_dir: str | None = setting(
        None,
        "Where models are pushed to, as <push_dir>/<integer version>/: a directory, on"
        " a cluster below the path of a --pvc, or gs://BUCKET/DIR.",
        none_name="",
        is_path=True,
        url_schemes=("gs",),
    )
