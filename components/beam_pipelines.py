"""How components make an Apache Beam pipeline."""

from collections.abc import Sequence

import apache_beam as beam
from apache_beam.options.pipeline_options import PipelineOptions
from apache_beam.runners.portability.fn_api_runner import FnApiRunner


def make_pipeline(runner: str, options: Sequence[str]) -> beam.Pipeline:
    """A pipeline on the runner of that name.

    Args:
      runner: name of a Beam runner; "DirectRunner" works in this process.
      options: options of the runner, e.g. "--flink_master=host:8081".
    """
    if runner == "DirectRunner":
        # Beam's own choice under this name may first try to download a binary.
        runner = FnApiRunner()
    return beam.Pipeline(runner, PipelineOptions(list(options)))
