"""Settings of the pipeline, in addition to the configuration of the run."""

import dataclasses

from components.configure.node_settings import NodeSettings
from smoothing_tf.settings import setting

DEFAULT_IMAGE = "smoothing-tf-python:0.1.0"


@dataclasses.dataclass(frozen=True)
class PipelineConfig(NodeSettings):
    """Settings of the pipeline, shared by its runners."""

    image: str = setting(
        DEFAULT_IMAGE,
        "Container image of every node; it holds Python and these packages.",
    )
