"""Settings of the pipeline, in addition to the configuration of the run."""

import dataclasses

from components.configure.node_settings import NodeSettings
from smoothing_tf.settings import setting


@dataclasses.dataclass(frozen=True)
class PipelineConfig(NodeSettings):
    """Settings of the pipeline, shared by its runners."""

    push_dir: str | None = setting(
        None,
        "Where models are pushed to, as <push_dir>/<integer version>/; by default"
        " <pipeline_root>/serving.",
        none_name="",
        is_path=True,
    )
    image: str = setting(
        "smoothing-tf-python:0.1.0",
        "Container image of every node; it holds Python and these packages.",
    )
