"""What a run of the pipeline needs beside the experiment's configuration."""

import dataclasses

from smoothing_tf.settings import setting, validate


@dataclasses.dataclass(frozen=True)
class PipelineConfig:
    """Settings of the pipeline, shared by its runners."""

    max_rejected_fraction: float = setting(
        0.0,
        "Fraction of the records that ingest may reject before it fails.",
        minimum=0.0,
        maximum=1.0,
    )
    beam_runner: str = setting(
        "DirectRunner", "Apache Beam runner of ingest and generate."
    )
    beam_options: tuple[str, ...] = setting(
        (), "Apache Beam options, e.g. --direct_num_workers=2."
    )
    max_bits_per_dim: float | None = setting(
        None,
        "Push a model only if its bound is at most this, bits per dimension;"
        " 'none' pushes every model.",
        exclusive_minimum=0.0,
    )
    push_dir: str | None = setting(
        None,
        "Where models are pushed to, as <push_dir>/<integer version>/; by default"
        " <pipeline_root>/serving.",
        none_name="",
    )
    image: str = setting(
        "smoothing-tf-python:0.1.0",
        "Container image of every node; it holds Python and these packages.",
    )

    def __post_init__(self):
        validate(self)
