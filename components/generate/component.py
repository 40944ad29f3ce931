from kfp import dsl


@dsl.component(base_image="python:3.11", install_kfp_package=False)
def generate(
    num_samples: int,
    seed: int,
    beam_runner: str,
    beam_options: list,
    saved_model: dsl.Input[dsl.Model],
    code_digest: str,
    samples: dsl.Output[dsl.Dataset],
):
    """Draws samples from the exported model, as a serving process would."""
    from components.runner_watch import end_with_runner

    end_with_runner()
    from components.generate import executor

    samples.metadata.update(
        executor.run(
            model_dir=saved_model.path,
            num_samples=num_samples,
            seed=seed,
            beam_runner=beam_runner,
            beam_options=beam_options,
            output_dir=samples.path,
        )
    )
