"""Every flaw of a folder is counted and named, on every runner, also after a kill."""

import collections
import filecmp
import json
import os
import pathlib
import pickle
import signal
import subprocess
import sys
import time
from unittest import mock

import pytest

from components.ingest import executor, validation
from smoothing_tf import artifacts
from smoothing_tf.checkout import ROOT
from smoothing_tf.data import source
from tests.testing.dask_clusters import dask_in_process, dask_processes
from tests.testing.flawed_pictures import FlawedPictures, write_flawed_pictures

_SPLITS = ("train", "validation", "test")


def _ingest(data_dir, output_dir, runner="DirectRunner", options=(), **settings):
    return executor.run(
        dataset="folder",
        data_dir=str(data_dir),
        output_dir=str(output_dir),
        beam_runner=runner,
        beam_options=list(options),
        **{"max_rejected_fraction": 0.1, **settings},
    )


def _check(output: pathlib.Path, data_dir: pathlib.Path, flaws: FlawedPictures) -> None:
    """Compares all counts and names with the known ones."""

    def relative(record) -> str:
        return os.path.relpath(record["place"], data_dir)

    rejects = artifacts.read_json(output / "rejects.json")
    duplicates = artifacts.read_json(output / "duplicates.json")
    statistics = artifacts.read_json(output / "statistics.json")
    reasons = {
        relative(record): record["reason"]
        for split in _SPLITS
        for record in rejects[split]["records"]
    }
    assert reasons == {
        **dict.fromkeys(flaws.truncated, "cannot be decoded as an image"),
        **dict.fromkeys(
            flaws.other_size, "has shape (12, 16, 3) instead of (16, 16, 3)"
        ),
    }
    groups = {
        kind: {
            tuple(relative(example) for example in group["examples"])
            for group in duplicates[kind]
        }
        for kind in ("leaks", "within")
    }
    assert groups["within"] == {(b, a) for a, b in flaws.repeated.items()}
    assert groups["leaks"] == {(b, a) for a, b in flaws.leaked.items()}
    rejected = collections.Counter(path.partition("/")[0] for path in reasons)
    within = collections.Counter(path.partition("/")[0] for path in flaws.repeated)
    leaked = {"test": len(flaws.leaked)}
    for split in _SPLITS:
        count = flaws.num_files[split] - rejected[split]
        assert rejects[split]["count"] == rejected[split]
        assert statistics[split]["count"] == count
        assert sum(statistics[split]["class_counts"]) == count
        assert sum(statistics[split]["histogram"]) == count * 16 * 16 * 3
        values = duplicates["splits"][split]
        assert values["num_examples"] == count
        assert values["within"] == within[split]
        assert values["repeated"] == within[split] + leaked.get(split, 0)
        assert values["also_in"].get("train", 0) == leaked.get(split, 0)


def _assert_same_bytes(first: pathlib.Path, second: pathlib.Path) -> None:
    names = sorted(os.listdir(first))
    assert sorted(os.listdir(second)) == names
    same, _, _ = filecmp.cmpfiles(first, second, names, shallow=False)
    assert sorted(same) == names


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    """A folder of 1,000 files in 22 shards, its flaws, and what ingest makes of it."""
    root = tmp_path_factory.mktemp("flawed")
    flaws = write_flawed_pictures(root / "102 flöwers.v1", 1000)
    with mock.patch.object(source, "_FILES_PER_SHARD", 48):
        _ingest(root / "102 flöwers.v1", root / "out")
        yield root / "102 flöwers.v1", flaws, root / "out"


def test_every_flaw_is_counted_and_named(small):
    data_dir, flaws, output = small
    numbers = [len(flaws.truncated), len(flaws.other_size), len(flaws.repeated)]
    assert [*numbers, len(flaws.leaked)] == [10, 10, 10, 1]
    _check(output, data_dir, flaws)


def test_leaks_are_the_first_finding_and_named_on_the_page(small):
    data_dir, flaws, output = small
    (leaked,) = flaws.leaked.items()
    findings = artifacts.read_json(output / "anomalies.json")["findings"]
    assert findings[0]["kind"] == "leak"
    assert findings[0]["text"].startswith("1 of ")
    page = (output / "data.html").read_text()
    for path in leaked:
        assert str(data_dir / path) in page


def test_too_many_duplicates_are_refused(small, tmp_path):
    data_dir, flaws, _ = small
    with pytest.raises(ValueError, match="^`max_duplicate_fraction` must be at l") as e:
        _ingest(data_dir, tmp_path / "out", max_duplicate_fraction=0.0)
    fraction = float(str(e.value).partition("at least ")[2].split()[0])
    (leaked,) = flaws.leaked.values()
    assert str(data_dir / leaked) in str(e.value)
    assert list(tmp_path.iterdir()) == []
    _ingest(data_dir, tmp_path / "out", max_duplicate_fraction=fraction)


def test_dask_writes_the_same_bytes(small, tmp_path):
    data_dir, _, output = small
    with dask_in_process() as address:
        options = [f"--dask_client_address={address}"]
        _ingest(data_dir, tmp_path / "out", "DaskRunner", options)
    _assert_same_bytes(tmp_path / "out", output)


def test_a_shard_that_is_checked_again_after_a_kill_changes_nothing(small, tmp_path):
    data_dir, _, output = small
    process = validation.ValidateShardFn.process

    def process_again(self, task_file):
        # What a killed worker leaves behind, and then the same work twice.
        task = pickle.loads(pathlib.Path(task_file).read_bytes())
        path = pathlib.Path(task.output)
        (path.parent / f".{path.name}.tmp-01234567").write_bytes(b"half a rec")
        process(self, task_file)
        process(self, task_file)

    with mock.patch.object(validation.ValidateShardFn, "process", process_again):
        _ingest(data_dir, tmp_path / "out")
    _assert_same_bytes(tmp_path / "out", output)


def test_files_that_vanish_or_change_after_the_listing_are_rejected(small, tmp_path):
    data_dir, flaws, _ = small
    sound = sorted(
        path
        for path in (data_dir / "train").rglob("*.png")
        if str(path.relative_to(data_dir))
        not in flaws.truncated | flaws.other_size | flaws.repeated.keys()
    )
    vanished, piped = sound[0], sound[50]
    contents = [path.read_bytes() for path in (vanished, piped)]
    run_for_each = executor.run_for_each

    def remove_first(*args, **kwargs):
        vanished.unlink()
        piped.unlink()
        os.mkfifo(piped)
        run_for_each(*args, **kwargs)

    try:
        with mock.patch.object(executor, "run_for_each", remove_first):
            _ingest(data_dir, tmp_path / "out")
    finally:
        for path, content in zip((vanished, piped), contents):
            path.unlink(missing_ok=True)
            path.write_bytes(content)
    rejects = artifacts.read_json(tmp_path / "out" / "rejects.json")["train"]
    reasons = {record["place"]: record["reason"] for record in rejects["records"]}
    assert reasons[str(vanished)] == "cannot be opened: No such file or directory"
    assert reasons[str(piped)] == "is not a regular file"


_COMMAND = """
import json, resource, sys
from components.ingest.executor import run
run(dataset="folder", max_rejected_fraction=0.1, data_dir=sys.argv[1],
    output_dir=sys.argv[2], beam_runner=sys.argv[3], beam_options=sys.argv[4:])
print(json.dumps(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024))
"""


def _start(data_dir, output, *arguments) -> subprocess.Popen:
    paths = [str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])]
    return subprocess.Popen(
        [sys.executable, "-c", _COMMAND, str(data_dir), str(output), *arguments],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(paths)},
        stdout=subprocess.PIPE,
    )


def _peak(process: subprocess.Popen) -> float:
    """Waits for a process; returns its largest memory, MiB."""
    output, _ = process.communicate()
    assert process.returncode == 0
    return json.loads(output.splitlines()[-1])


def _wait_for_half(output: pathlib.Path, num_shards: int) -> None:
    """Waits until half of the shards of a running ingest have a report."""
    for _ in range(6000):
        found = output.parent.glob(f".{output.name}.tmp-*/parts/*.json")
        if sum(1 for _ in found) >= num_shards // 2:
            return
        time.sleep(0.05)
    raise TimeoutError(f"{output} does not come to its half.")


def _memory(pid: int) -> float:
    """The largest memory of a process so far, MiB."""
    status = pathlib.Path(f"/proc/{pid}/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0]) / 1024


@pytest.mark.large
def test_100_000_files_in_flat_memory_on_any_runner_also_after_kills(tmp_path, capsys):
    pytest.importorskip("distributed")
    data = {n: tmp_path / f"{n} pictures" for n in (10_000, 100_000)}
    flaws = {n: write_flawed_pictures(folder, n) for n, folder in data.items()}
    data_dir, num_shards = data[100_000], 20 + 3 + 3
    peaks = {}
    for n, folder in data.items():
        peaks[str(n)] = _peak(_start(folder, tmp_path / f"out-{n}", "DirectRunner"))
        _check(tmp_path / f"out-{n}", folder, flaws[n])
    expected = tmp_path / "out-100000"

    killed = tmp_path / "killed"
    process = _start(data_dir, killed, "DirectRunner")
    _wait_for_half(killed, num_shards)
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert not killed.exists()
    _peak(_start(data_dir, killed, "DirectRunner"))
    _assert_same_bytes(killed, expected)

    with dask_processes(tmp_path) as (address, workers):
        dask = ["DaskRunner", f"--dask_client_address={address}"]
        for n, folder in data.items():
            output = tmp_path / f"dask-{n}"
            peaks[f"{n} on Dask"] = _peak(_start(folder, output, *dask))
            peaks[f"{n} in a worker"] = max(_memory(w.pid) for w in workers)
            _assert_same_bytes(output, tmp_path / f"out-{n}")

        process = _start(data_dir, tmp_path / "dask killed", *dask)
        _wait_for_half(tmp_path / "dask killed", num_shards)
        process.send_signal(signal.SIGKILL)
        process.wait()
        assert not (tmp_path / "dask killed").exists()
        _peak(_start(data_dir, tmp_path / "dask killed", *dask))
        _assert_same_bytes(tmp_path / "dask killed", expected)

        process = _start(data_dir, tmp_path / "dask worker killed", *dask)
        _wait_for_half(tmp_path / "dask worker killed", num_shards)
        workers[0].kill()
        _peak(process)
        _assert_same_bytes(tmp_path / "dask worker killed", expected)
    with capsys.disabled():
        print(f"\nPeak memory in MiB: {peaks}")
    # The names of 90,000 files, and none of what they hold.
    for what in ("{}", "{} on Dask", "{} in a worker"):
        assert peaks[what.format(100_000)] < peaks[what.format(10_000)] + 64.0
