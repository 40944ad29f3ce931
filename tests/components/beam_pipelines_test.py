"""A function runs once for every element, on the runner that is named."""

import json
import pathlib
import sys
from unittest import mock

import apache_beam as beam
import pytest
from apache_beam.runners.portability.fn_api_runner import FnApiRunner

from components import beam_pipelines, dask_cluster
from components.beam_pipelines import run_for_each
from components.generate.executor import DrawShardFn
from components.ingest.validation import ValidateShardFn
from components.linear_pipelines import check_linear
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


def test_the_runner_in_this_process(tmp_path):
    run_for_each(range(3), WriteFn(tmp_path), runner="DirectRunner", options=[])
    assert _runs(tmp_path) == {"0": 1, "1": 1, "2": 1}


@pytest.mark.parametrize(
    "name", ["DirectRunner", "directrunner", "Direct", "InProcessRunner", "FnApi"]
)
def test_short_names_of_the_runner_in_this_process(name):
    assert isinstance(beam_pipelines._make_runner(name), FnApiRunner)


def test_threads_of_the_runner_in_this_process(tmp_path):
    options = ["--direct_num_workers=2", "--direct_running_mode=multi_threading"]
    run_for_each(range(3), WriteFn(tmp_path), runner="DirectRunner", options=options)
    assert _runs(tmp_path) == {"0": 1, "1": 1, "2": 1}


def test_dask_runs_every_element_once(tmp_path, dask_address):
    options = [f"--dask_client_address={dask_address}"]
    run_for_each(range(20), WriteFn(tmp_path), runner="DaskRunner", options=options)
    assert _runs(tmp_path) == {str(number): 1 for number in range(20)}


@pytest.mark.parametrize(
    "name", ["dask", "apache_beam.runners.dask.dask_runner.DaskRunner"]
)
def test_other_names_of_the_dask_runner(name):
    pytest.importorskip("distributed")
    assert type(beam_pipelines._make_runner(name)).__name__ == "DaskRunner"


def test_nothing_runs_without_elements(tmp_path, dask_address):
    for runner, options in (
        ("DirectRunner", []),
        ("DaskRunner", [f"--dask_client_address={dask_address}"]),
    ):
        run_for_each([], WriteFn(tmp_path), runner=runner, options=options)
    assert _runs(tmp_path) == {}


class FailFn(beam.DoFn):
    """Fails at once."""

    def process(self, element):
        raise ArithmeticError(f"element {element}")


def test_an_error_of_the_function_ends_the_run(dask_address):
    options = [f"--dask_client_address={dask_address}"]
    for runner, runner_options in (("DirectRunner", []), ("DaskRunner", options)):
        with pytest.raises(Exception, match="element 7"):
            run_for_each([7], FailFn(), runner=runner, options=runner_options)


@pytest.mark.parametrize(
    "runner", ["no.such.module.Runner", "apache_beam.runners.NoSuchRunner"]
)
def test_a_runner_that_cannot_be_imported_is_named(runner):
    with pytest.raises(ValueError, match=f"`beam_runner` '{runner}' cannot be imp"):
        run_for_each([1], FailFn(), runner=runner, options=[])


def test_shards_are_spread_over_the_threads_of_a_cluster(dask_address):
    options = [f"--dask_client_address={dask_address}"]
    for elements, partitions in ((3, 3), (100, 8), (0, 1)):
        added = dask_cluster.complete_options(options, elements)[len(options) :]
        assert added == [f"--dask_npartitions={partitions}"]
    for given in ("--dask_npartitions=5", "--dask_partition_size=2"):
        assert dask_cluster.complete_options([*options, given], 9) == [*options, given]


def test_a_scheduler_that_does_not_answer_is_named():
    pytest.importorskip("distributed")
    address = "--dask_client_address=tcp://127.0.0.1:9"
    with pytest.raises(
        ConnectionError, match="^No Dask scheduler answers at tcp://127.0.0.1:9 .* 1 s"
    ):
        dask_cluster.complete_options([address, "--dask_connection_timeout=1"], 1)
    with pytest.raises(ConnectionError, match="names none.json, which does not exist"):
        dask_cluster.complete_options(["--dask_scheduler_file=none.json"], 1)


def test_a_cluster_without_workers_is_refused():
    with dask_in_process(num_workers=0) as address:
        with pytest.raises(ConnectionError, match="has no workers"):
            dask_cluster.complete_options([f"--dask_client_address={address}"], 1)


def test_processes_that_cannot_import_our_packages_are_told_how(dask_address):
    options = [f"--dask_client_address={dask_address}"]
    with mock.patch.object(dask_cluster, "_IMPORTS", "import no_such_package"):
        with pytest.raises(RuntimeError) as caught:
            dask_cluster.complete_options(options, 1)
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


def test_without_dask_the_extra_is_named():
    with mock.patch.dict(sys.modules, {"distributed": None, "dask": None}):
        with pytest.raises(ValueError, match=r"pip install '\.\[dask\]'"):
            run_for_each([1], FailFn(), runner="DaskRunner", options=[])


@pytest.mark.parametrize("fn", [ValidateShardFn, DrawShardFn])
def test_our_functions_yield_nothing_but_from_process(fn):
    # What these yield is lost on Dask.
    assert fn.finish_bundle is beam.DoFn.finish_bundle
    assert fn.start_bundle is beam.DoFn.start_bundle


def test_every_pipeline_is_checked(tmp_path):
    with mock.patch.object(
        beam_pipelines, "check_linear", side_effect=check_linear
    ) as check:
        run_for_each([1], WriteFn(tmp_path), runner="DirectRunner", options=[])
    assert check.call_count == 1
