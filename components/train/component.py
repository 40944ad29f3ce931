from kfp import dsl


@dsl.component(base_image="python:3.11", install_kfp_package=False)
def train(
    stage: str,
    flags: list,
    data: dsl.Input[dsl.Dataset],
    smoothing_spec: dsl.Input[dsl.Artifact],
    code_digest: str,
    model: dsl.Output[dsl.Model],
):
    """Trains one stage; the two stages are two independent nodes of this component."""
    from components.runner_watch import end_with_runner

    end_with_runner()
    from components.train import executor

    model.metadata.update(
        executor.run(
            stage=stage,
            flags=flags,
            data_dir=data.path,
            smoothing_dir=smoothing_spec.path,
            output_dir=model.path,
            code_digest=code_digest,
        )
    )
