from kfp import dsl


@dsl.component(base_image="python:3.11", install_kfp_package=False)
def ingest(
    settings: str,
    data_digest: str,
    code_digest: str,
    data: dsl.Output[dsl.Dataset],
    page: dsl.Output[dsl.HTML],
):
    """Reads, checks and stores the data set, with a page about what it holds."""
    from components.runner_watch import end_with_runner

    end_with_runner()
    import json

    from components.ingest import executor

    data.metadata.update(
        executor.run(
            output_dir=data.path,
            page_file=page.path,
            **json.loads(settings),
        )
    )
