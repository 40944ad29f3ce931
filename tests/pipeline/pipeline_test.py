"""The graph: its nodes, what each may depend on, and its compiled form."""

import pathlib
import re

import pytest
import yaml
from kfp import compiler, components

from pipeline.pipeline import smoothing_pipeline

GOLDEN = pathlib.Path(__file__).parents[1] / "testdata" / "pipeline.yaml"
NODES = {
    "configure",
    "ingest",
    "augment",
    "train_smoothed",
    "train_reverse",
    "export",
    "generate",
    "evaluate",
    "push",
}


@pytest.fixture(scope="module")
def compiled(tmp_path_factory):
    path = tmp_path_factory.mktemp("pipeline") / "pipeline.yaml"
    compiler.Compiler().compile(smoothing_pipeline("a-python-image:1"), str(path))
    return path


@pytest.fixture(scope="module")
def spec(compiled):
    return yaml.safe_load(compiled.read_text())


@pytest.fixture(scope="module")
def tasks(spec):
    """Node -> (its graph's name, its task)."""
    graphs = {"root": spec["root"], **spec["components"]}
    return {
        task["taskInfo"]["name"]: (name, task)
        for name, graph in graphs.items()
        for task in graph.get("dag", {}).get("tasks", {}).values()
        if "triggerPolicy" not in task
    }


def test_the_compiled_pipeline_is_the_golden_one(spec):
    golden = yaml.safe_load(GOLDEN.read_text())
    # The version of the compiler may change.
    golden["sdkVersion"] = spec["sdkVersion"]
    assert spec == golden, (
        "The compiled pipeline changed. If that is intended, regenerate it: "
        "compiler.Compiler().compile(smoothing_pipeline('a-python-image:1'), "
        f"'{GOLDEN.name}')"
    )


def test_kfp_loads_what_it_compiled(compiled):
    assert components.load_component_from_file(str(compiled)).name == "smoothing"


def test_the_nodes_have_their_public_names(tasks):
    assert set(tasks) == NODES


def test_every_node_runs_in_the_named_image(spec):
    images = [
        executor["container"]["image"]
        for executor in spec["deploymentSpec"]["executors"].values()
    ]
    assert images == ["a-python-image:1"] * len(NODES)


def test_no_node_installs_anything(compiled):
    assert "pip install" not in compiled.read_text()


def test_the_two_stages_do_not_wait_for_each_other(tasks):
    waits = {"configure", "ingest", "augment"}
    for name in ("train_smoothed", "train_reverse"):
        assert set(tasks[name][1]["dependentTasks"]) == waits


def test_push_waits_for_the_blessing(spec, tasks):
    graph, _ = tasks["push"]
    (conditional,) = [
        task
        for task in spec["root"]["dag"]["tasks"].values()
        if task["componentRef"]["name"] == graph
    ]
    assert "evaluate-Output" in conditional["triggerPolicy"]["condition"]
    assert "== 'true'" in conditional["triggerPolicy"]["condition"]


def parameters_of(tasks, node):
    """Parameter of a node -> the run parameter, or output of configure, that it is."""
    found = {}
    for name, value in tasks[node][1]["inputs"]["parameters"].items():
        if "componentInputParameter" in value:
            text = value["componentInputParameter"]
            found[name] = text.removeprefix("pipelinechannel--configure-")
        elif "taskOutputParameter" in value:
            found[name] = value["taskOutputParameter"]["outputParameterKey"]
            assert value["taskOutputParameter"]["producerTask"] == "configure"
    return found


def test_a_node_gets_its_own_slice_only(tasks):
    assert parameters_of(tasks, "ingest") == {
        "settings": "ingest_settings",
        "data_digest": "data_digest",
        "code_digest": "ingest_code",
    }
    for node in ("augment", "generate"):
        assert parameters_of(tasks, node) == {
            "settings": f"{node}_settings",
            "code_digest": f"{node}_code",
        }
    more = {"export": ["made_from"], "evaluate": ["predecessor"]}
    for node in ("train_smoothed", "train_reverse", "export", "evaluate"):
        assert parameters_of(tasks, node) == {
            "flags": f"{node}_flags",
            "code_digest": f"{node.partition('_')[0]}_code",
            **{name: name for name in more.get(node, ())},
        }
    assert parameters_of(tasks, "push") == {
        "push_dir": "push_dir",
        "code_digest": "push_code",
    }


def test_every_run_parameter_goes_to_configure_alone(spec, tasks):
    described = spec["root"]["inputDefinitions"]["parameters"]
    assert all(parameter["description"] for parameter in described.values())
    run_parameters = set(described)
    assert run_parameters == {
        "flags",
        "seed",
        "noise_scale",
        "num_steps",
        "num_samples",
        "max_bits_per_dim",
        "push_dir",
    }
    assert parameters_of(tasks, "configure") == {n: n for n in run_parameters}


def test_only_configure_is_never_cached(tasks):
    cached = {
        name
        for name, (_, task) in tasks.items()
        if task["cachingOptions"].get("enableCache")
    }
    assert cached == NODES - {"configure"}


def test_the_compiled_pipeline_holds_no_digest(compiled):
    assert not re.search(r"\b[0-9a-f]{64}\b", compiled.read_text())
