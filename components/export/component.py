from kfp import dsl


@dsl.component(base_image="python:3.11", install_kfp_package=False)
def export(
    flags: list,
    data: dsl.Input[dsl.Dataset],
    smoothing_spec: dsl.Input[dsl.Artifact],
    smoothed: dsl.Input[dsl.Model],
    reverse: dsl.Input[dsl.Model],
    code_digest: str,
    made_from: str,
    saved_model: dsl.Output[dsl.Model],
):
    """Joins the two stages in one SavedModel, verified before it is published."""
    from components.runner_watch import end_with_runner

    end_with_runner()
    from components.export import executor

    executor.run(
        flags=flags,
        data_dir=data.path,
        smoothing_dir=smoothing_spec.path,
        stage_dirs={"smoothed": smoothed.path, "reverse": reverse.path},
        output_dir=saved_model.path,
        made_from=made_from,
    )
