from kfp import dsl


@dsl.component(base_image="python:3.11", install_kfp_package=False)
def generate(
    settings: str,
    saved_model: dsl.Input[dsl.Model],
    code_digest: str,
    samples: dsl.Output[dsl.Dataset],
):
    """Draws samples from the exported model, as a serving process would."""
    from components.runner_watch import end_with_runner

    end_with_runner()
    import json

    from components.generate import executor

    samples.metadata.update(
        executor.run(
            model_dir=saved_model.path,
            output_dir=samples.path,
            **json.loads(settings),
        )
    )
