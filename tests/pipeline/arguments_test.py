"""A changed flag affects only the parameters of the nodes that must run again."""

import functools
import os

import pytest

from components.configuration import node_config
from pipeline.arguments import run_arguments
from pipeline.pipeline_config import PipelineConfig
from smoothing_tf import artifacts
from smoothing_tf import config as config_lib
from smoothing_tf.data.picture_listing import list_pictures

MADE = ["--model=made"]


def arguments(*flags):
    return run_arguments(*config_lib.parse([*MADE, *flags], PipelineConfig))


# Those that a flag is compared with; no test changes the files that they name.
arguments_before = functools.cache(arguments)


# Nodes after a changed node run again because its artifacts changed.
@pytest.mark.parametrize(
    "flag, changed",
    [
        ("--dataset=photos", {"dataset"}),
        ("--data_dir=/data", {"data_dir"}),
        ("--max_rejected_fraction=0.1", {"max_rejected_fraction"}),
        ("--max_duplicate_fraction=0.1", {"max_duplicate_fraction"}),
        ("--image_mode=grey", {"image_mode"}),
        ("--image_size=8,6", {"image_size"}),
        ("--num_levels=2", {"num_levels"}),
        ("--noise_scale=0.5", {"noise_scale"}),
        ("--standardize", {"data_settings"}),
        ("--columns=a,b", {"data_settings"}),
        ("--label_column=a", {"data_settings"}),
        ("--split_fractions=0.6,0.2,0.2", {"data_settings"}),
        ("--smoothed_num_steps=7", {"train_smoothed"}),
        ("--reverse_num_steps=7", {"train_reverse"}),
        ("--reverse_learning_rate=0.1", {"train_reverse"}),
        ("--num_steps=7", {"train_smoothed", "train_reverse"}),
        ("--baseline_num_steps=7", set()),
        ("--num_samples=9", {"num_samples", "evaluate"}),
        ("--num_importance_draws=3", {"evaluate"}),
        ("--max_bits_per_dim=3.5", {"evaluate"}),
        ("--push_dir=/serving", {"push_dir"}),
        ("--image=other-python", set()),
    ],
)
def test_a_flag_reaches_its_own_nodes_only(flag, changed):
    data = []
    if not flag.startswith(("--dataset", "--data_dir")):
        of_table = ("--standardize", "--columns", "--label", "--split")
        dataset = "table" if flag.startswith(of_table) else "folder"
        data = [f"--dataset={dataset}", "--data_dir=absent"]
    before, after = arguments_before(*data), arguments(*data, flag)
    differing = {
        name.removesuffix("_flags")
        for name in {*before, *after}
        if before.get(name) != after.get(name)
    }
    # These nodes follow the training that has changed anyway.
    if {"train_smoothed", "train_reverse"} & differing:
        differing -= {"export", "evaluate"}
    assert differing == changed


def test_a_place_for_decoded_splits_is_refused():
    with pytest.raises(ValueError, match="`--cache_dir` has no effect in the pipeline"):
        arguments("--cache_dir=/fast")
    # As in the flags.cfg of a run.
    assert arguments("--cache_dir=") == arguments()


def test_the_seed_reaches_every_random_node():
    before, after = arguments(), arguments("--seed=1")
    assert {name for name in before if before[name] != after[name]} == {
        "seed",
        "train_smoothed_flags",
        "train_reverse_flags",
        "evaluate_flags",
    }


def test_a_changed_file_of_the_users_reaches_ingest(tmp_path):
    flags = ["--dataset=folder", f"--data_dir={tmp_path}"]
    (tmp_path / "train").mkdir()
    empty = arguments(*flags)["data_digest"]
    (tmp_path / "train" / "a.png").write_bytes(b"a")
    one = arguments(*flags)["data_digest"]
    assert len({empty, one}) == 2
    assert arguments(*flags)["data_digest"] == one
    # A set that TFDS prepares is named by its version, not by our copy of it.
    assert arguments(f"--data_dir={tmp_path}")["data_digest"] == ""


def test_a_changed_table_reaches_ingest(tmp_path):
    flags = ["--dataset=table", f"--data_dir={tmp_path / 'x.csv'}"]
    digests = set()
    for text in ("a\n1\n", "a\n1\n2\n"):
        (tmp_path / "x.csv").write_text(text)
        digests.add(arguments(*flags)["data_digest"])
    assert len(digests) == 2 and "" not in digests


def test_only_files_that_are_data_reach_ingest_by_their_content(tmp_path):
    flags = ["--dataset=folder", f"--data_dir={tmp_path}"]
    (tmp_path / "train").mkdir()
    (tmp_path / "train" / "a.png").write_bytes(b"a")
    os.mkfifo(tmp_path / "train" / "pipe.png")
    (tmp_path / "train" / ".DS_Store").write_bytes(b"a")
    before = arguments(*flags)["data_digest"]
    (tmp_path / "train" / ".DS_Store").write_bytes(b"longer")
    assert arguments(*flags)["data_digest"] == before
    # Files that are left out are named in rejects.json.
    (tmp_path / "train" / ".hidden.png").write_bytes(b"a")
    assert arguments(*flags)["data_digest"] != before


def test_a_file_that_disappears_after_the_listing_is_left_to_ingest(
    tmp_path, monkeypatch
):
    flags = ["--dataset=folder", f"--data_dir={tmp_path}"]
    (tmp_path / "train").mkdir()
    (tmp_path / "train" / "a.png").write_bytes(b"a")
    before = arguments(*flags)["data_digest"]
    listing = list_pictures(str(tmp_path))
    (tmp_path / "train" / "a.png").unlink()
    monkeypatch.setattr("pipeline.arguments.list_pictures", lambda _: listing)
    assert arguments(*flags)["data_digest"] not in ("", before)


def test_every_node_with_code_gets_a_digest():
    digests = {n: v for n, v in arguments().items() if n.endswith("_code")}
    assert len(digests) == 7
    assert all(len(digest) == 64 for digest in digests.values())
    assert len(set(digests.values())) == 7


def test_a_node_parses_its_slice_back(tmp_path):
    flags = ["--smoothed_hidden_units=8,8", "--reverse_num_steps=7", "--seed=3"]
    whole = config_lib.parse([*MADE, *flags])
    given = arguments(*flags)
    artifacts.write_json(
        tmp_path / "smoothing.json",
        {"smoothing": "gaussian", "noise_scale": 0.1 + 0.2, "chosen_by": "auto"},
    )
    for stage in ("smoothed", "reverse"):
        config = node_config(given[f"train_{stage}_flags"], "/data", tmp_path)
        assert config.stages[stage] == whole.stages[stage]
        assert config.seed == 3
        assert config.data.dataset == "directory"
        assert config.data.data_dir == "/data"
        assert config.smoothing.noise_scale == 0.1 + 0.2
    config = node_config(given["evaluate_flags"], "/data", tmp_path)
    assert config.evaluation == whole.evaluation
    for stage in ("smoothed", "reverse"):
        assert config.stages[stage] == whole.stages[stage]
