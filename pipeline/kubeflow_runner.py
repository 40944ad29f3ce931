"""Compiles the pipeline for a Kubeflow cluster, or submits it to one.

    python -m pipeline.kubeflow_runner --flagfile=FILE --output=pipeline.yaml
    python -m pipeline.kubeflow_runner --flagfile=FILE --host=URL --push_dir=DIR

The nodes run in the image of --image, which holds Python and these packages.
"""

import dataclasses
import pathlib
import warnings
from collections.abc import Sequence

from kfp import compiler, components

from pipeline.arguments import run_arguments
from pipeline.pipeline import smoothing_pipeline
from pipeline.pipeline_config import PipelineConfig
from smoothing_tf import artifacts, command_line
from smoothing_tf import config as config_lib
from smoothing_tf.settings import setting


@dataclasses.dataclass(frozen=True)
class KubeflowRunnerConfig(PipelineConfig):
    """Settings of the Kubeflow runner."""

    output: str | None = setting(
        None,
        "File to compile to, .yaml; its run parameters carry the flags given.",
        is_path=True,
    )
    host: str | None = setting(
        None, "Kubeflow Pipelines API to submit to, its address."
    )

    def __post_init__(self):
        super().__post_init__()
        if not self.output and not self.host:
            raise ValueError("`output` or `host` must be given; got neither.")
        if self.output and not self.output.endswith((".yaml", ".yml")):
            raise ValueError(f"`output` must end with .yaml; got {self.output!r}.")
        if self.host and self.push_dir is None:
            raise ValueError(
                "`push_dir` must be given with `host`: a directory that the nodes of"
                " the cluster mount; got none."
            )


def compile_pipeline(
    config: config_lib.Config, options: PipelineConfig, output: artifacts.Path
) -> None:
    """Compiles the pipeline to Kubeflow's intermediate representation.

    Args:
      config: the configuration of the run, whose flags become the run parameters'
        defaults.
      options: the pipeline's settings.
      output: YAML file to write. It is read back by kfp before it takes its place.
    """
    with artifacts.atomic_file(output) as path:
        compiler.Compiler().compile(
            smoothing_pipeline(options.image),
            str(path),
            pipeline_parameters=run_arguments(config, options),
        )
        components.load_component_from_file(str(path))


def submit(config: config_lib.Config, options: KubeflowRunnerConfig) -> str:
    """Submits one run; returns its id.

    Raises:
      ConnectionError: there is no Kubeflow API at the host, or it rejects the run.
    """
    # Imported only here, because a client looks for a cluster's credentials.
    import kfp_server_api
    import urllib3
    from kfp import client

    pipeline = smoothing_pipeline(options.image)
    arguments = run_arguments(config, options)
    try:
        with warnings.catch_warnings():
            # The client always warns that it needs version 2 of Kubeflow Pipelines.
            warnings.simplefilter("ignore", FutureWarning)
            api = client.Client(host=options.host)
        run = api.create_run_from_pipeline_func(pipeline, arguments=arguments)
    except (urllib3.exceptions.HTTPError, kfp_server_api.ApiException) as error:
        raise ConnectionError(
            "`host` must be the address of a Kubeflow Pipelines API that takes the"
            f" run; got {options.host!r}: {error}"
        ) from error
    return run.run_id


def main(argv: Sequence[str]) -> None:
    """Runs the command line on `argv`, without the program's name."""
    config, options = config_lib.parse(argv, KubeflowRunnerConfig, usage=__doc__)
    if options.output:
        compile_pipeline(config, options, options.output)
        print(f"Compiled to {pathlib.Path(options.output).resolve()}.")
    if options.host:
        print(f"Submitted run {submit(config, options)}.")


if __name__ == "__main__":
    command_line.run(main)
