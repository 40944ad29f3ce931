"""A parameter edited in the compiled pipeline is the flag, or fails in configure."""

import json
import warnings

import pytest
import yaml
from kfp import components, local
from kfp.local import subprocess_task_handler
from kfp.local.cache import LocalCache

from components.configure import executor, node_inputs
from pipeline import kubeflow_runner, local_runner
from pipeline.pipeline_config import PipelineConfig
from smoothing_tf import artifacts
from smoothing_tf import config as config_lib
from tests.testing import forked_nodes
from tests.testing.pipeline_flags import TINY

FLAGS = ["--model=made", "--push_dir=/serving"]


@pytest.fixture(autouse=True)
def digests_of_code(monkeypatch, request):
    """Leaves out the digests of the code, which take seconds."""
    if "large" not in request.keywords:
        monkeypatch.setattr(node_inputs, "code_digest", lambda module: module)


@pytest.fixture(scope="module")
def compiled(tmp_path_factory):
    """Compiles the pipeline with flags; returns the pipeline as plain data."""
    directory = tmp_path_factory.mktemp("compiled")

    def compile_pipeline(*flags):
        config, options = config_lib.parse([*FLAGS, *flags], PipelineConfig)
        kubeflow_runner.compile_pipeline(config, options, directory / "pipeline.yaml")
        return yaml.safe_load((directory / "pipeline.yaml").read_text())

    return compile_pipeline


@pytest.fixture(scope="module")
def plain(compiled):
    return json.dumps(compiled())


def defaults(pipeline):
    parameters = pipeline["root"]["inputDefinitions"]["parameters"]
    return {name: value["defaultValue"] for name, value in parameters.items()}


def edited(pipeline, **changes):
    pipeline = json.loads(pipeline)
    for name, value in changes.items():
        pipeline["root"]["inputDefinitions"]["parameters"][name]["defaultValue"] = value
    return pipeline


def cache_keys(pipeline):
    """Node -> its key in the cache, from the defaults and what configure returns.

    An artifact stands for the key of the node that makes it.
    """
    outputs = executor.run(**defaults(pipeline))._asdict()
    graphs = [pipeline["root"], *pipeline["components"].values()]
    tasks = {
        name: task
        for graph in graphs
        for name, task in graph.get("dag", {}).get("tasks", {}).items()
    }
    keys = {}

    def value_of(parameter):
        if "runtimeValue" in parameter:
            return parameter["runtimeValue"]["constant"]
        if "taskOutputParameter" in parameter:
            return outputs[parameter["taskOutputParameter"]["outputParameterKey"]]
        # Of a task in the conditional group, which gets it from configure.
        name = parameter["componentInputParameter"]
        return outputs[name.removeprefix("pipelinechannel--configure-")]

    def maker_of(artifact):
        if "taskOutputArtifact" in artifact:
            return artifact["taskOutputArtifact"]["producerTask"]
        name = artifact["componentInputArtifact"].removeprefix("pipelinechannel--")
        return name.partition("-")[0]

    def key_of(name):
        if name not in keys:
            inputs = tasks[name]["inputs"]
            component = pipeline["components"][tasks[name]["componentRef"]["name"]]
            executors = pipeline["deploymentSpec"]["executors"]
            container = executors[component["executorLabel"]]["container"]
            arguments = {n: value_of(v) for n, v in inputs["parameters"].items()} | {
                n: key_of(maker_of(a)) for n, a in inputs.get("artifacts", {}).items()
            }
            command = [*container["command"], *container["args"]]
            keys[name] = LocalCache.compute_key(
                LocalCache, name, container["image"], command, arguments
            )
        return keys[name]

    for name, task in tasks.items():
        if name != "configure" and "triggerPolicy" not in task:
            key_of(name)
    return keys


ALL = {"ingest", "augment", "train", "train-2", "export", "generate", "evaluate"}
AFTER_TRAINING = {"export", "generate", "evaluate", "push"}


@pytest.mark.parametrize(
    "name, value, rerun",
    [
        ("seed", 3, ALL - {"ingest"} | {"push"}),
        ("noise_scale", "0.25", ALL - {"ingest"} | {"push"}),
        ("num_steps", 6, {"train", "train-2"} | AFTER_TRAINING),
        ("num_samples", 5, {"generate", "evaluate"}),
        ("max_bits_per_dim", "2.5", {"evaluate"}),
        ("push_dir", "/other", {"push"}),
    ],
)
def test_an_edited_parameter_gives_every_node_what_the_flag_gives(
    name, value, rerun, plain, compiled
):
    before = cache_keys(json.loads(plain))
    assert before.keys() == ALL | {"push"}
    after = cache_keys(edited(plain, **{name: value}))
    assert after == cache_keys(compiled(f"--{name}={value}"))
    assert {node for node in before if before[node] != after[node]} == rerun


def test_an_edited_line_of_the_text_reaches_its_node(plain, compiled):
    text = defaults(json.loads(plain))["flags"]
    line, other = "--reverse_batch_size=50", "--reverse_batch_size=20"
    after = cache_keys(edited(plain, flags=text.replace(line, other)))
    assert after == cache_keys(compiled(other))
    before = cache_keys(json.loads(plain))
    assert {node for node in before if before[node] != after[node]} == (
        {"train-2"} | AFTER_TRAINING
    )


def test_a_new_version_to_compare_with_reruns_evaluate_alone(plain, compiled, tmp_path):
    flag = f"--bless_against={tmp_path}"
    text = defaults(json.loads(plain))["flags"]
    pipeline = edited(plain, flags=text.replace("--bless_against=", flag))
    before = cache_keys(pipeline)
    assert before == cache_keys(compiled(flag))
    # The run pushes its own model there: repeated, it comes from the cache.
    made_from = executor.run(**defaults(pipeline)).made_from
    _add_version(tmp_path / "1", made_from)
    assert cache_keys(pipeline) == before
    _add_version(tmp_path / "2", "another configuration")
    after = cache_keys(pipeline)
    assert {node for node in before if before[node] != after[node]} == {"evaluate"}


def _add_version(directory, made_from):
    facts = {"made_from": made_from, "signatures": ["bound"]}
    artifacts.write_json(directory / "assets.extra" / "smoothing.json", facts)
    (directory / "saved_model.pb").write_bytes(b"")


@pytest.mark.parametrize(
    "changes, message",
    [
        ({"noise_scale": "much"}, "`noise_scale` must be of type float; got 'much'"),
        ({"flags": "--seed=3\n"}, "`flags` gives --seed=3, but there is a parameter"),
        ({"flags": "--model=made\n--num_filters=8\n"}, "does not apply to --model=ma"),
    ],
)
def test_an_inconsistent_edit_fails_in_configure(changes, message, plain):
    with pytest.raises(SystemExit, match=message) as error:
        executor.run(**defaults(edited(plain, **changes)))
    assert "\n" not in str(error.value.code)


@pytest.mark.large
@pytest.mark.timeout(1800)
def test_a_run_of_the_edited_pipeline_finds_the_artifacts_of_the_flags(
    tmp_path, monkeypatch, compiled, capsys
):
    """Every node of the edited pipeline comes from the cache of the flags' run."""
    monkeypatch.setattr(
        subprocess_task_handler,
        "run_local_subprocess",
        forked_nodes.run_local_subprocess,
    )
    root = tmp_path / "root"
    config, options = config_lib.parse(
        [*TINY, "--seed=3", "--num_samples=25", f"--pipeline_root={root}"],
        local_runner.LocalRunnerConfig,
    )
    result = local_runner.run(config, options)
    assert set(result["outcomes"].values()) == {"ran"}
    pipeline = edited(
        json.dumps(compiled(*TINY)),
        seed=3,
        num_samples=25,
        push_dir=str(root / "serving"),
    )
    package = tmp_path / "pipeline.yaml"
    package.write_text(yaml.safe_dump(pipeline))
    local.init(
        local.SubprocessRunner(use_venv=False),
        pipeline_root=str(root),
        enable_caching=True,
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        outputs = components.load_component_from_file(str(package))().outputs
    assert outputs["blessed"] == "true"
    made = [path.name for run in root.glob("smoothing-*") for path in run.iterdir()]
    # Only configure has written anything a second time.
    assert sorted(made) == sorted([*result_names(), "configure"])
    assert outputs["saved_model"].path.startswith(str(root))

    package.write_text(yaml.safe_dump(edited(json.dumps(pipeline), num_samples=-1)))
    with warnings.catch_warnings(), pytest.raises(RuntimeError, match="configure"):
        warnings.simplefilter("ignore")
        components.load_component_from_file(str(package))()
    shown = capsys.readouterr().out
    assert "`num_samples` must be at least 0; got -1." in shown
    assert "Traceback" not in shown


def result_names():
    return ["configure", *ALL, "push"]
