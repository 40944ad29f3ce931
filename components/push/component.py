from kfp import dsl


@dsl.component(base_image="python:3.11", install_kfp_package=False)
def push(
    saved_model: dsl.Input[dsl.Model],
    push_dir: str,
    code_digest: str,
    pushed: dsl.Output[dsl.Model],
):
    """Copies a blessed model to where a serving process looks for new versions."""
    from components.runner_watch import end_with_runner

    end_with_runner()
    from components.push import executor

    # The artifact is the pushed directory itself, so that the cache misses, and
    # the model is pushed again, once somebody has removed it.
    pushed.uri = executor.run(model_dir=saved_model.path, push_dir=push_dir)
