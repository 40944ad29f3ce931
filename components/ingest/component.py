from kfp import dsl


@dsl.component(base_image="python:3.11", install_kfp_package=False)
def ingest(
    dataset: str,
    data_dir: str,
    data_digest: str,
    max_rejected_fraction: float,
    max_duplicate_fraction: float,
    beam_runner: str,
    beam_options: list,
    code_digest: str,
    image_mode: str,
    image_size: list,
    num_levels: int,
    data_settings: dict,
    data: dsl.Output[dsl.Dataset],
    page: dsl.Output[dsl.HTML],
):
    """Reads, checks and stores the data set, with a page about what it holds."""
    from components.runner_watch import end_with_runner

    end_with_runner()
    from components.ingest import executor

    data.metadata.update(
        executor.run(
            dataset=dataset,
            data_dir=data_dir or None,
            max_rejected_fraction=max_rejected_fraction,
            max_duplicate_fraction=max_duplicate_fraction,
            beam_runner=beam_runner,
            beam_options=beam_options,
            output_dir=data.path,
            page_file=page.path,
            image_mode=image_mode,
            image_size=image_size or None,
            num_levels=num_levels or None,
            data_settings=data_settings,
        )
    )
