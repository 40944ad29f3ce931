"""What Beam's Dask runner needs to know, and what it needs of a cluster."""

import os
from collections.abc import Mapping, Sequence
from typing import Any

from apache_beam.options.pipeline_options import PipelineOptions

from components.shared_directories import SharedDirectories
from smoothing_tf.checkout import ROOT

# Our packages, whose imports cost nothing.
_IMPORTS = "import components, smoothing_tf"
# Few enough that a worker's DoFn, which may load a model, is not set up for nothing;
# enough that no worker is idle while another one has much to do.
_PARTITIONS_PER_THREAD = 4


def complete_options(
    options: Sequence[str], num_elements: int, shared: SharedDirectories
) -> list[str]:
    """Checks a cluster and adds the number of partitions, if it is not given.

    The default of Beam puts up to 128 elements into one partition, that is on one
    worker; our elements are whole shards.

    Args:
      options: options of the Dask runner. Without an address, or a file with one, the
        runner starts a cluster on this machine.
      num_elements: number of elements of the pipeline.
      shared: directories that every worker must see.

    Returns:
      The options, with --dask_npartitions.

    Raises:
      ValueError: Dask is not installed.
      ConnectionError: no scheduler answers, or it has no workers.
      RuntimeError: the scheduler or a worker cannot import our packages, or a worker
        does not share the directories.
    """
    try:
        import dask  # noqa: F401
        import distributed  # noqa: F401
    except ImportError as error:
        raise ValueError(
            "`beam_runner` DaskRunner needs the packages dask and distributed"
            f" ({error}). Install the extra: pip install '.[dask]'."
        ) from error
    known = _parse(options)
    partitions = known.pop("npartitions", None) or known.pop("partition_size", None)
    num_threads = os.cpu_count() or 1
    if "address" in known or "scheduler_file" in known:
        num_threads = _check_cluster(known, shared)
    if partitions:
        return list(options)
    partitions = max(1, min(num_elements, _PARTITIONS_PER_THREAD * num_threads))
    return [*options, f"--dask_npartitions={partitions}"]


def _parse(options: Sequence[str]) -> dict[str, Any]:
    """Returns the given options of Dask, as the runner passes them to its client."""
    from apache_beam.runners.dask.dask_runner import DaskOptions

    dask_options = PipelineOptions(list(options)).view_as(DaskOptions)
    return dask_options.get_all_options(drop_default=True, current_only=True)


def _check_cluster(client_options: Mapping[str, Any], shared: SharedDirectories) -> int:
    """Checks the processes of a cluster; returns the number of their threads."""
    import distributed

    file = client_options.get("scheduler_file")
    if file is not None and not os.path.exists(file):
        # Dask would wait for it without end.
        raise ConnectionError(
            f"--dask_scheduler_file names {file}, which does not exist. Start a"
            " scheduler that writes it, or correct the path."
        )
    place = client_options.get("address", file)
    try:
        client = distributed.Client(**client_options)
    except (OSError, ValueError) as error:
        raise ConnectionError(
            f"No Dask scheduler answers at {place} ({_first_line(error)}). Start one"
            " with `dask scheduler`, or correct --dask_client_address."
        ) from error
    with client:
        workers = client.scheduler_info(n_workers=-1)["workers"]
        if not workers:
            raise ConnectionError(
                f"The Dask scheduler at {place} has no workers. Start some with `dask"
                " worker ADDRESS`."
            )
        try:
            client.run_on_scheduler(exec, _IMPORTS)
        except ImportError as error:
            raise _import_error(f"The Dask scheduler at {place}", error) from error
        _check_workers(client.run(exec, _IMPORTS, on_error="return"))
        # Before any of them begins to work.
        _check_workers(client.run(shared.check, on_error="return"))
    return sum(worker["nthreads"] for worker in workers.values())


def _check_workers(results: Mapping[str, Any]) -> None:
    for worker, result in results.items():
        if isinstance(result, ImportError):
            raise _import_error(f"The Dask worker at {worker}", result) from result
        if isinstance(result, Exception):
            raise result


def _import_error(process: str, error: ImportError) -> RuntimeError:
    return RuntimeError(
        f"{process} cannot import our packages ({error}). Start the scheduler and all"
        " workers with the environment variable PYTHONPATH naming the checkout, here"
        f" PYTHONPATH={ROOT}."
    )


def _first_line(error: Exception) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0].rstrip(".")
