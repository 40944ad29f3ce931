"""A function runs once for every element, on the runner that is named."""

import json
import pathlib
import sys
from unittest import mock

import apache_beam as beam
import pytest
from apache_beam.runners.portability.fn_api_runner import FnApiRunner

from components import beam_pipelines, dask_cluster
from components.generate.executor import DrawShardFn
from components.ingest.validation import ValidateShardFn
from components.linear_pipelines import check_linear
from components.shared_directories import SharedDirectories, shared_directories
from smoothing_tf.checkout import ROOT
from tests.testing.dask_clusters import dask_in_process


class WriteFn(beam.DoFn):
    """Writes a file per element, which says how often it has run."""

    def __init__(self, directory):
        self._directory = pathlib.Path(directory)

    def process(self, element):
        path = self._directory / f"{element}.json"
        runs = json.loads(path.read_text()) if path.exists() else 0
        path.write_text(json.dumps(runs + 1))


def _runs(directory):
    return {p.stem: json.loads(p.read_text()) for p in directory.iterdir()}


@pytest.fixture(scope="module")
def dask_address():
    """A Dask cluster in this process, with two workers of one thread."""
    with dask_in_process() as address:
        yield address


@pytest.fixture
def run(tmp_path):
    """`run_for_each`, whose workers share a directory for their files."""

    def run(elements, fn, runner="DirectRunner", options=()):
        with shared_directories(tmp_path) as shared:
            beam_pipelines.run_for_each(
                elements, fn, shared=shared, runner=runner, options=options
            )

    return run


@pytest.fixture
def shared(tmp_path):
    """A directory that all workers of this machine share."""
    with shared_directories(tmp_path) as shared:
        yield shared


def test_the_runner_in_this_process(run, tmp_path):
    run(range(3), WriteFn(tmp_path))
    assert _runs(tmp_path) == {"0": 1, "1": 1, "2": 1}


@pytest.mark.parametrize(
    "name", ["DirectRunner", "directrunner", "Direct", "InProcessRunner", "FnApi"]
)
def test_short_names_of_the_runner_in_this_process(name):
    assert isinstance(beam_pipelines._make_runner(name), FnApiRunner)


def test_threads_of_the_runner_in_this_process(run, tmp_path):
    options = ["--direct_num_workers=2", "--direct_running_mode=multi_threading"]
    run(range(3), WriteFn(tmp_path), options=options)
    assert _runs(tmp_path) == {"0": 1, "1": 1, "2": 1}


def test_dask_runs_every_element_once(run, tmp_path, dask_address):
    options = [f"--dask_client_address={dask_address}"]
    run(range(20), WriteFn(tmp_path), "DaskRunner", options)
    assert _runs(tmp_path) == {str(number): 1 for number in range(20)}


@pytest.mark.parametrize(
    "name", ["dask", "apache_beam.runners.dask.dask_runner.DaskRunner"]
)
def test_other_names_of_the_dask_runner(name):
    pytest.importorskip("distributed")
    assert type(beam_pipelines._make_runner(name)).__name__ == "DaskRunner"


def test_nothing_runs_without_elements(run, tmp_path, dask_address):
    for runner, options in (
        ("DirectRunner", []),
        ("DaskRunner", [f"--dask_client_address={dask_address}"]),
    ):
        run([], WriteFn(tmp_path), runner, options)
    assert _runs(tmp_path) == {}


class FailFn(beam.DoFn):
    """Fails at once."""

    def process(self, element):
        raise ArithmeticError(f"element {element}")


def test_an_error_of_the_function_ends_the_run(run, dask_address):
    options = [f"--dask_client_address={dask_address}"]
    for runner, runner_options in (("DirectRunner", []), ("DaskRunner", options)):
        with pytest.raises(Exception, match="element 7"):
            run([7], FailFn(), runner, runner_options)


@pytest.mark.parametrize(
    "runner", ["no.such.module.Runner", "apache_beam.runners.NoSuchRunner"]
)
def test_a_runner_that_cannot_be_imported_is_named(run, runner):
    with pytest.raises(ValueError, match=f"`beam_runner` '{runner}' cannot be imp"):
        run([1], FailFn(), runner)


def test_shards_are_spread_over_the_threads_of_a_cluster(shared, dask_address):
    options = [f"--dask_client_address={dask_address}"]
    for elements, partitions in ((3, 3), (100, 8), (0, 1)):
        completed = dask_cluster.complete_options(options, elements, shared)
        assert completed[len(options) :] == [f"--dask_npartitions={partitions}"]
    for given in ("--dask_npartitions=5", "--dask_partition_size=2"):
        completed = dask_cluster.complete_options([*options, given], 9, shared)
        assert completed == [*options, given]


def test_a_scheduler_that_does_not_answer_is_named(shared):
    pytest.importorskip("distributed")
    address = "--dask_client_address=tcp://127.0.0.1:9"
    with pytest.raises(
        ConnectionError, match="^No Dask scheduler answers at tcp://127.0.0.1:9 .* 1 s"
    ):
        options = [address, "--dask_connection_timeout=1"]
        dask_cluster.complete_options(options, 1, shared)
    with pytest.raises(ConnectionError, match="names none.json, which does not exist"):
        dask_cluster.complete_options(["--dask_scheduler_file=none.json"], 1, shared)


def test_a_cluster_without_workers_is_refused(shared):
    with dask_in_process(num_workers=0) as address:
        with pytest.raises(ConnectionError, match="has no workers"):
            options = [f"--dask_client_address={address}"]
            dask_cluster.complete_options(options, 1, shared)


def test_processes_that_cannot_import_our_packages_are_told_how(shared, dask_address):
    options = [f"--dask_client_address={dask_address}"]
    with mock.patch.object(dask_cluster, "_IMPORTS", "import no_such_package"):
        with pytest.raises(RuntimeError) as caught:
            dask_cluster.complete_options(options, 1, shared)
    message = str(caught.value)
    assert message.startswith(f"The Dask scheduler at {dask_address} cannot import our")
    assert f"PYTHONPATH={ROOT}" in message
    missing = {
        "tcp://10.0.0.1:1": None,
        "tcp://10.0.0.2:1": ImportError("no components"),
    }
    with pytest.raises(
        RuntimeError, match="worker at tcp://10.0.0.2:1 .*no components"
    ):
        dask_cluster._check_workers(missing)


def test_without_dask_the_extra_is_named(run):
    with mock.patch.dict(sys.modules, {"distributed": None, "dask": None}):
        with pytest.raises(ValueError, match=r"pip install '\.\[dask\]'"):
            run([1], FailFn(), "DaskRunner")


@pytest.mark.parametrize("fn", [ValidateShardFn, DrawShardFn])
def test_our_functions_yield_nothing_but_from_process(fn):
    # What these yield is lost on Dask.
    assert fn.finish_bundle is beam.DoFn.finish_bundle
    assert fn.start_bundle is beam.DoFn.start_bundle


def test_every_pipeline_is_checked(run, tmp_path):
    with mock.patch.object(
        beam_pipelines, "check_linear", side_effect=check_linear
    ) as check:
        run([1], WriteFn(tmp_path))
    assert check.call_count == 1


def test_workers_that_share_nothing_are_refused_before_they_work(
    tmp_path, dask_address
):
    elsewhere = SharedDirectories(str(tmp_path), "no such token", ())
    dask = ("DaskRunner", [f"--dask_client_address={dask_address}"])
    for runner, options in (("DirectRunner", []), dask):
        message = f"worker on .* cannot see {tmp_path}, where the node writes: workers"
        with pytest.raises(RuntimeError, match=message):
            beam_pipelines.run_for_each(
                [1],
                WriteFn(tmp_path),
                shared=elsewhere,
                runner=runner,
                options=options,
            )
    assert _runs(tmp_path) == {}
