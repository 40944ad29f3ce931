from kfp import dsl


@dsl.component(base_image="python:3.11", install_kfp_package=False)
def augment(
    data: dsl.Input[dsl.Dataset],
    settings: str,
    code_digest: str,
    smoothing_spec: dsl.Output[dsl.Artifact],
):
    """Chooses the smoothing distribution: smoothing.json and a preview picture."""
    from components.runner_watch import end_with_runner

    end_with_runner()
    import json

    from components.augment import executor

    smoothing_spec.metadata.update(
        executor.run(
            data_dir=data.path,
            output_dir=smoothing_spec.path,
            **json.loads(settings),
        )
    )
