"""A changed flag affects only the inputs of the nodes that must run again."""

import functools
import json

import pytest

from components.configuration import node_config
from components.configure import node_inputs
from components.configure.component import configure
from components.configure.node_inputs import NodeInputs, make_node_inputs
from components.configure.node_settings import NodeSettings
from smoothing_tf import artifacts
from smoothing_tf import config as config_lib

MADE = ["--model=made", "--push_dir=/serving"]


def inputs(*flags):
    return make_node_inputs(*config_lib.parse([*MADE, *flags], NodeSettings))._asdict()


@pytest.fixture(autouse=True, scope="module")
def digests_of_code():
    """Computes each digest once; it takes a good part of a second."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(
            node_inputs, "code_digest", functools.cache(node_inputs.code_digest)
        )
        yield


# Those that a flag is compared with; no test changes the files that they name.
inputs_before = functools.cache(inputs)


@pytest.fixture(scope="module")
def data_dir(tmp_path_factory):
    """Two tables, and a folder without pictures."""
    directory = tmp_path_factory.mktemp("data")
    for name in ("a.csv", "b.csv"):
        (directory / name).write_text("a,b\n1,2\n")
    return directory


# Nodes after a changed node run again because its artifacts changed.
@pytest.mark.parametrize(
    "flag, changed",
    [
        ("--dataset=photos", {"ingest"}),
        ("--data_dir=/data", {"ingest"}),
        ("--max_rejected_fraction=0.1", {"ingest"}),
        ("--max_duplicate_fraction=0.1", {"ingest"}),
        ("--image_mode=grey", {"ingest"}),
        ("--image_size=8,6", {"ingest"}),
        ("--num_levels=2", {"ingest"}),
        ("--beam_options=--a=1", {"ingest", "generate"}),
        ("--beam_runner=DaskRunner", {"ingest", "generate"}),
        ("--noise_scale=0.5", {"augment"}),
        ("--smoothing=laplace", {"augment"}),
        ("--standardize", {"ingest"}),
        ("--columns=a,b", {"ingest"}),
        ("--label_column=a", {"ingest"}),
        ("--split_fractions=0.6,0.2,0.2", {"ingest"}),
        ("--smoothed_num_steps=7", {"train_smoothed"}),
        ("--reverse_num_steps=7", {"train_reverse"}),
        ("--reverse_learning_rate=0.1", {"train_reverse"}),
        ("--num_steps=7", {"train_smoothed", "train_reverse"}),
        ("--baseline_num_steps=7", set()),
        ("--num_samples=9", {"generate", "evaluate"}),
        ("--num_importance_draws=3", {"evaluate"}),
        ("--max_bits_per_dim=3.5", {"evaluate"}),
        ("--push_dir=/elsewhere", {"push"}),
        ("--seed=1", {"augment", "generate", "evaluate"}),
    ],
)
def test_a_flag_reaches_its_own_nodes_only(flag, changed, data_dir):
    data = []
    if not flag.startswith(("--dataset", "--data_dir")):
        of_table = ("--standardize", "--columns", "--label", "--split")
        is_of_table = flag.startswith(of_table)
        dataset, path = ("table", "a.csv") if is_of_table else ("folder", ".")
        data = [f"--dataset={dataset}", f"--data_dir={data_dir / path}"]
    before, after = inputs_before(*data), inputs(*data, flag)
    differing = {
        name.removesuffix("_flags").removesuffix("_settings").removesuffix("_dir")
        for name in before
        if before[name] != after[name] and name != "made_from"
    }
    trained = {"train_smoothed", "train_reverse"}
    if flag.startswith("--seed"):
        changed = changed | trained
    # These nodes follow the training that has changed anyway.
    elif trained & differing:
        differing -= {"export", "evaluate"}
    assert differing == changed


def test_the_data_reach_ingest_by_their_digest(data_dir):
    tables = [
        inputs("--dataset=table", f"--data_dir={data_dir / name}")
        for name in ("a.csv", "b.csv")
    ]
    digests = [table["data_digest"] for table in tables]
    assert len(set(digests)) == 2 and all(len(digest) == 64 for digest in digests)


def test_every_node_with_code_gets_a_digest():
    digests = {n: v for n, v in inputs_before().items() if n.endswith("_code")}
    assert len(digests) == 7
    assert all(len(digest) == 64 for digest in digests.values())
    assert len(set(digests.values())) == 7


def test_changed_code_of_a_node_changes_its_digest_alone(monkeypatch):
    before = inputs_before()
    monkeypatch.setattr(
        node_inputs,
        "code_digest",
        lambda module: "x" if ".export." in module else before[_code_of(module)],
    )
    after = inputs()
    changed = {n for n in before if before[n] != after[n]}
    assert changed == {"export_code", "made_from"}


def _code_of(module):
    return f"{module.split('.')[1]}_code"


def test_a_node_parses_its_slice_back(tmp_path):
    flags = ["--smoothed_hidden_units=8,8", "--reverse_num_steps=7", "--seed=3"]
    whole, _ = config_lib.parse([*MADE, *flags], NodeSettings)
    given = inputs(*flags)
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


def test_numbers_and_lists_reach_the_executors_as_they_were_given(data_dir):
    given = inputs(
        f"--seed={2**31 - 1}",
        f"--noise_scale={0.1 + 0.2!r}",
        "--num_samples=9",
        "--dataset=folder",
        f"--data_dir={data_dir}",
        "--image_size=8,6",
    )
    ingest = json.loads(given["ingest_settings"])
    assert ingest["image_size"] == [8, 6] and ingest["num_levels"] is None
    augment = json.loads(given["augment_settings"])
    assert augment["noise_scale"] == 0.1 + 0.2 and augment["seed"] == 2**31 - 1
    generate = json.loads(given["generate_settings"])
    assert [type(generate[n]) for n in ("seed", "num_samples")] == [int, int]


def test_kfp_knows_every_output_and_its_type():
    outputs = configure.component_spec.outputs
    assert list(outputs) == list(NodeInputs._fields)
    kinds = {"String": str, "List": list[str]}
    types = {name: kinds[output.type] for name, output in outputs.items()}
    assert types == NodeInputs.__annotations__
