r"""Compiles the pipeline for a Kubeflow cluster, or submits it to one.

    python -m pipeline.kubeflow_runner --flagfile=FILE --output=pipeline.yaml
    python -m pipeline.kubeflow_runner --flagfile=FILE --host=URL \
      --pvc=NAME:/models --push_dir=/models/digits

The nodes run in the image of --image, which holds Python and these packages.
"""

import dataclasses
import pathlib
import tempfile
from collections.abc import Sequence

from kfp import compiler, components, dsl

from components.configure.run_parameters import to_parameters
from pipeline.cluster.cluster_config import ClusterConfig
from pipeline.pipeline import smoothing_pipeline
from pipeline.pipeline_config import PipelineConfig
from pipeline.submission.submission_config import SubmissionConfig
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

    def __post_init__(self):
        super().__post_init__()
        if self.output and not self.output.endswith((".yaml", ".yml")):
            raise ValueError(f"`output` must end with .yaml; got {self.output!r}.")


def check_options(
    config: config_lib.Config,
    options: KubeflowRunnerConfig,
    cluster: ClusterConfig,
    submission: SubmissionConfig,
) -> None:
    """Checks what the settings of several groups must have in common.

    Raises:
      ValueError: nothing is to be done, a pushed model would be lost, served versions
        cannot be seen, or a batch does not divide among the accelerators.
    """
    if not options.output and not submission.host:
        raise ValueError("`output` or `host` must be given; got neither.")
    if submission.host and options.push_dir is None:
        raise ValueError(
            "`push_dir` must be given with `host`: a directory below the path of a"
            " --pvc, or gs://BUCKET/DIR; got none."
        )
    if options.push_dir is not None:
        cluster.limits.check_push_dir(options.push_dir)
    cluster.limits.check_bless_against(options.bless_against)
    cluster.limits.check_batch_sizes(config)


def compile_pipeline(
    config: config_lib.Config,
    options: PipelineConfig,
    output: artifacts.Path,
    cluster: ClusterConfig | None = None,
) -> None:
    """Compiles the pipeline to Kubeflow's intermediate representation.

    Args:
      config: the configuration of the run, whose flags become the run parameters'
        defaults.
      options: the pipeline's settings.
      output: YAML file to write. It is read back by kfp before it takes its place.
      cluster: what the nodes need; None for nothing.
    """
    needs = cluster or ClusterConfig()

    def equip(node: str, task: dsl.PipelineTask) -> None:
        needs.needs(node).apply(task)

    with artifacts.atomic_file(output) as path:
        compiler.Compiler().compile(
            smoothing_pipeline(options.image, equip),
            str(path),
            pipeline_parameters=to_parameters(config, options),
        )
        _comment_out_header(path)
        components.load_component_from_file(str(path))


def _comment_out_header(path: pathlib.Path) -> None:
    """Makes every line before the pipeline itself a comment.

    kfp 2.17 writes the run parameters there, and comments out only the first line of a
    default that has several.
    """
    header, start, rest = path.read_text().partition("\ncomponents:\n")
    lines = [
        line if line.startswith("#") else f"#      {line}"
        for line in header.split("\n")
    ]
    path.write_text("\n".join(lines) + start + rest)


def main(argv: Sequence[str]) -> None:
    """Runs the command line on `argv`, without the program's name."""
    config, options, cluster, submission = config_lib.parse(
        argv, KubeflowRunnerConfig, ClusterConfig, SubmissionConfig, usage=__doc__
    )
    check_options(config, options, cluster, submission)
    if options.output:
        compile_pipeline(config, options, options.output, cluster)
        print(f"Compiled to {pathlib.Path(options.output).resolve()}.")
    if submission.host:
        # Imported only here, because a client looks for a cluster's credentials.
        from pipeline.submission.submit import submit

        with tempfile.TemporaryDirectory() as directory:
            package = pathlib.Path(directory) / "pipeline.yaml"
            compile_pipeline(config, options, package, cluster)
            print(submit(package, to_parameters(config, options), submission))


if __name__ == "__main__":
    command_line.run(main)
