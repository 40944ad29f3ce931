from kfp import dsl


# The blessing, "true" or "false", is the plain return value: in a `dsl.If` the local
# runner of kfp 2.17 finds only a parameter called "Output"; with any other name it
# drops the conditional node.
@dsl.component(base_image="python:3.11", install_kfp_package=False)
def evaluate(
    flags: list,
    data: dsl.Input[dsl.Dataset],
    smoothing_spec: dsl.Input[dsl.Artifact],
    smoothed: dsl.Input[dsl.Model],
    reverse: dsl.Input[dsl.Model],
    saved_model: dsl.Input[dsl.Model],
    samples: dsl.Input[dsl.Dataset],
    predecessor: str,
    code_digest: str,
    evaluation: dsl.Output[dsl.Artifact],
    metrics: dsl.Output[dsl.Metrics],
    report: dsl.Output[dsl.HTML],
) -> str:
    """Measures the model and its samples; decides whether it may be pushed."""
    from components.runner_watch import end_with_runner

    end_with_runner()
    from components.evaluate import executor

    blessed, numbers = executor.run(
        flags=flags,
        data_dir=data.path,
        smoothing_dir=smoothing_spec.path,
        stage_dirs={"smoothed": smoothed.path, "reverse": reverse.path},
        samples_dir=samples.path,
        output_dir=evaluation.path,
        metrics_file=metrics.path,
        report_file=report.path,
        model_dir=saved_model.path,
        predecessor=predecessor,
    )
    metrics.metadata.update(numbers)
    return "true" if blessed else "false"
