"""Makes the Apache Beam pipelines of components."""

from collections.abc import Sequence

import apache_beam as beam
from apache_beam.options.pipeline_options import PipelineOptions
from apache_beam.runners.portability.fn_api_runner import FnApiRunner


def make_pipeline(runner: str, options: Sequence[str]) -> beam.Pipeline:
    """Makes a pipeline that runs on a runner.

    Args:
      runner: name of a Beam runner; "DirectRunner" runs in this process.
      options: options of the runner, e.g. "--flink_master=host:8081".
    """
    if runner == "DirectRunner":
        # Beam's own runner of this name may first try to download a binary.
        runner = FnApiRunner()
    return beam.Pipeline(runner, PipelineOptions(list(options)))
