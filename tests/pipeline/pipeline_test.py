"""The graph: its nodes, what each may depend on, and its compiled form."""

import pathlib

import pytest
import yaml
from kfp import compiler, components

from pipeline.pipeline import smoothing_pipeline

GOLDEN = pathlib.Path(__file__).parents[1] / "testdata" / "pipeline.yaml"
NODES = {
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
    waits = {"ingest", "augment"}
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


def test_a_node_gets_its_own_slice_only(tasks):
    def run_parameters(name):
        inputs = tasks[name][1]["inputs"]["parameters"].values()
        return {
            value["componentInputParameter"]
            for value in inputs
            if "componentInputParameter" in value
        }

    beam = {"beam_runner", "beam_options"}
    assert run_parameters("ingest") == beam | {
        "dataset",
        "data_dir",
        "data_digest",
        "image_mode",
        "image_size",
        "num_levels",
        "data_settings",
        "max_rejected_fraction",
        "max_duplicate_fraction",
        "ingest_code",
    }
    assert run_parameters("augment") == {
        "smoothing",
        "noise_scale",
        "seed",
        "augment_code",
    }
    for stage in ("smoothed", "reverse"):
        assert run_parameters(f"train_{stage}") == {
            f"train_{stage}_flags",
            "train_code",
        }
    assert run_parameters("export") == {"export_flags", "export_code"}
    assert run_parameters("generate") == beam | {
        "num_samples",
        "seed",
        "generate_code",
    }
    assert run_parameters("evaluate") == {
        "evaluate_flags",
        "evaluate_code",
    }
