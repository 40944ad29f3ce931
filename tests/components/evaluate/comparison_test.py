"""A new model and a served one, compared example by example."""

import json
import shutil
import uuid

import numpy as np
import pytest
import tensorflow as tf
import tensorflow_datasets as tfds

from components.evaluate.comparison import compare
from components.evaluate.served_bound import ServedBound
from components.predecessor import Predecessor
from components.served_versions import digest_of
from smoothing_tf.checkout import ROOT
from smoothing_tf.data.data_config import DataConfig
from smoothing_tf.data.dataset import open_dataset
from smoothing_tf.evaluation.config import EvaluationConfig
from smoothing_tf.serving.layout import METADATA_FILE
from tests.testing.served_bounds import write_served
from tests.testing.tiny_data import write_directory

NAME = "bits_per_dim_regression"
CONFIG = EvaluationConfig(num_draws=2)


@pytest.fixture(scope="module")
def dataset(data_dir):
    return open_dataset(DataConfig("directory", str(data_dir)))


@pytest.fixture(scope="module")
def models(tmp_path_factory):
    """Name -> a model whose bound has a known form."""
    directory = tmp_path_factory.mktemp("models")
    return {
        "served": write_served(directory / "served"),
        "worse": write_served(directory / "worse", offset=0.25, made_from="this run"),
        "noisy": write_served(directory / "noisy", seed_weight=3.0, max_samples=7),
    }


@pytest.fixture
def compared(dataset, models):
    """Compares two of the models, or directories."""

    def compared(
        new, old="served", *, data=dataset, config=CONFIG, seed=0, max_regression=0.3
    ):
        version = str(models.get(old, old))
        given = Predecessor("/models", max_regression, version, digest_of(version))
        (metric,) = compare(models.get(new, new), given, data, config, seed).items()
        return metric

    return compared


def test_what_two_models_have_in_common_cancels(compared, models):
    name, metric = compared("worse")
    assert name == NAME
    # The images and the noise vary; a paired difference does not.
    assert metric["value"] == pytest.approx(0.25, abs=1e-12)
    assert metric["se"] < 1e-12
    assert metric["of_model"] - metric["of_version"] == pytest.approx(0.25)
    assert metric["unit"] == "bits per dimension" and not metric["bound"]
    assert metric["version"] == str(models["served"]) and len(metric["sha256"]) == 64
    json.dumps(metric, allow_nan=False)


@pytest.mark.parametrize("limit, passed", [(0.24, False), (0.26, True)])
def test_the_limit_decides(compared, limit, passed):
    assert compared("worse", max_regression=limit)[1]["passed"] is passed


def test_two_standard_errors_are_added(compared):
    metric = compared("noisy")[1]
    assert metric["se"] > 0.01
    assert metric["upper"] == pytest.approx(metric["value"] + 2.0 * metric["se"])
    middle = metric["value"] + metric["se"]
    assert not compared("noisy", max_regression=middle)[1]["passed"]
    above = metric["value"] + 2.1 * metric["se"]
    assert compared("noisy", max_regression=above)[1]["passed"]


def test_the_served_model_itself_passes(compared, tmp_path):
    again = write_served(tmp_path / "1", made_from="the same, documented")
    metric = compared(again, max_regression=0.0)[1]
    assert metric["value"] == metric["se"] == 0.0
    assert metric["is_same"] and metric["passed"]
    assert not compared("worse", max_regression=0.0)[1]["is_same"]


def test_the_result_does_not_depend_on_the_batches(compared):
    by_size = [
        compared(
            "noisy", config=EvaluationConfig(num_draws=2, evaluation_batch_size=size)
        )[1]["value"]
        for size in (3, 100)
    ]
    assert by_size[0] == pytest.approx(by_size[1], abs=1e-12)
    assert compared("noisy", seed=1)[1]["value"] != by_size[0]


def test_an_example_has_the_same_noise_in_every_subset(compared, monkeypatch):
    def seeds_by_example(**settings):
        given = {}

        def call(model, x, seeds, label):
            for row, seed in zip(x, seeds):
                given.setdefault(row.tobytes(), []).append(tuple(seed))
            return np.zeros(len(x))

        with monkeypatch.context() as patch:
            patch.setattr(ServedBound, "__call__", call)
            metric = compared("noisy", config=EvaluationConfig(**settings))[1]
        assert sum(map(len, given.values())) == 4 * metric["n"]
        return given, metric

    whole, metric = seeds_by_example(num_draws=2)
    size = metric["n"] // 2
    part, metric = seeds_by_example(
        num_draws=2, max_examples=size, evaluation_batch_size=2
    )
    assert metric["n"] == size and metric["subset"]["of"] == len(whole)
    assert len(part) == size and all(set(part[x]) <= set(whole[x]) for x in part)
    # Both models get a seed for each draw.
    assert all(len(set(seeds)) == 2 for seeds in part.values())


def refusal(compared, *args, **kwargs):
    with pytest.raises(ValueError) as error:
        compared(*args, **kwargs)
    assert "\n" not in str(error.value)
    return str(error.value)


@pytest.mark.parametrize(
    "facts, message",
    [
        (
            {"data": "fashion_mnist"},
            "data set is fashion_mnist, that of this model tiny",
        ),
        ({"num_levels": 256}, "number of levels is 256, that of this model 4"),
        ({"num_levels": None}, "number of levels is none (continuous), that of"),
        ({"event_shape": [2, 2, 1]}, "shape of an example is [2, 2, 1], that of"),
        ({"classes": True}, "it is class-conditional, this model unconditional"),
    ],
)
def test_a_model_of_other_data_is_refused(compared, tmp_path, facts, message):
    other = write_served(tmp_path / "1", **facts)
    text = refusal(compared, "worse", other)
    assert text.startswith(f"The version {other} cannot be compared with this model")
    assert message in text and text.endswith("as `bless_against`, or drop it.")


def test_a_model_without_the_name_of_its_data_is_compared(compared, tmp_path):
    assert compared("worse", write_served(tmp_path / "1", data=None))[1]["n"] > 1
    # ingest writes the name as a name of files.
    assert compared("worse", write_served(tmp_path / "2", data="Tiny"))[1]["n"] > 1


def test_a_version_that_has_changed_since_configure_is_refused(dataset, models):
    given = Predecessor("/models", 0.0, str(models["served"]), "of another one")
    with pytest.raises(ValueError, match="has changed since this run began; run again"):
        compare(models["worse"], given, dataset, CONFIG, 0)


@pytest.mark.parametrize("name", ["saved_model.pb", "variables/variables.index"])
def test_a_damaged_version_is_refused(compared, models, tmp_path, name):
    damaged = shutil.copytree(models["served"], tmp_path / "1")
    (damaged / name).write_bytes(b"\xff damaged")
    text = refusal(compared, "worse", damaged)
    assert text.startswith(f"The version {damaged} cannot be loaded: ")


def test_examples_that_the_version_refuses_are_one_line(compared, dataset, tmp_path):
    strict = write_served(tmp_path / "1", name="x", dtype=tf.float32, largest=0)
    assert "refuses this run's examples: " in refusal(compared, "worse", strict)


def test_one_example_is_too_few(compared):
    few = EvaluationConfig(max_examples=1)
    assert "at least two examples" in refusal(compared, "worse", config=few)


def test_a_bound_that_is_not_finite(compared, tmp_path):
    broken = write_served(tmp_path / "1", offset=np.inf)
    both = compared(broken, broken)[1]
    assert both["value"] is None and not both["is_same"] and not both["passed"]
    name, metric = compared("served", broken)
    assert metric["value"] is None and metric["passed"]
    assert "is not finite under the served version" in metric["reason"]
    metric = compared(broken)[1]
    assert not metric["passed"] and "under this model" in metric["reason"]
    json.dumps(metric, allow_nan=False)


def test_a_version_of_an_object_store(compared, models):
    url = f"ram://models/{uuid.uuid4()}/1"
    for path in models["served"].rglob("*"):
        if path.is_file():
            target = f"{url}/{path.relative_to(models['served'])}"
            tf.io.gfile.makedirs(target.rpartition("/")[0])
            tf.io.gfile.copy(str(path), target)
    assert compared("worse", url)[1]["value"] == pytest.approx(0.25)


@pytest.fixture(scope="module")
def vectors(tmp_path_factory):
    """Vectors without levels, and labels."""
    x = np.linspace(-1.0, 1.0, 24, dtype=np.float32).reshape(12, 2)
    return open_dataset(
        DataConfig(
            "directory",
            str(
                write_directory(
                    tmp_path_factory.mktemp("vectors"),
                    {
                        "x": tfds.features.Tensor(shape=(2,), dtype=np.float32),
                        "label": tfds.features.ClassLabel(names=["a", "b"]),
                    },
                    {"test": [{"x": row, "label": i % 2} for i, row in enumerate(x)]},
                )
            ),
        )
    )


@pytest.fixture
def write_vectors(tmp_path):
    def write(name, **changes):
        form = {
            "name": "x",
            "dtype": tf.float32,
            "output": "nats",
            "event_shape": [2],
            "num_levels": None,
            "classes": True,
            "class_names": ["a", "b"],
        }
        return write_served(tmp_path / name, **form | changes)

    return write


def test_vectors_are_compared_in_nats_and_given_their_class(
    compared, vectors, write_vectors
):
    # Versions that do not name their classes, or how many they are, can be compared.
    old = write_vectors("old", class_names=None, num_classes=2)
    # Of standardized data, the bound in the units of the file counts.
    new = write_vectors("new", output="nats_raw_units", offset=0.5)
    name, metric = compared(new, old, data=vectors)
    assert name == "nll_regression" and metric["unit"] == "nats"
    assert metric["value"] == pytest.approx(0.5) and metric["given"] == "label"
    # The bound is mean(x) + noise + label: the mean of x is 0, that of labels 1/2.
    assert 0.5 < metric["of_version"] < 2.5


@pytest.mark.parametrize(
    "changes, message",
    [
        ({"class_names": ["a", "c"]}, "list of classes is a, c, that of this model a"),
        ({"num_classes": 3}, "number of classes is 3, that of this model 2"),
    ],
)
def test_a_model_of_other_classes_is_refused(
    compared, vectors, write_vectors, changes, message
):
    new = write_vectors("new", num_classes=2)
    old = shutil.copytree(new, new.with_name("old"))
    facts = json.loads((old / METADATA_FILE).read_text())
    (old / METADATA_FILE).write_text(json.dumps(facts | changes))
    assert message in refusal(compared, new, old, data=vectors)


def test_a_model_of_an_earlier_version_takes_one_seed(compared, tmp_path):
    old = ROOT / "tests/testdata/written_by_3f24f89/model/1"
    rng = np.random.default_rng(0)
    images = rng.integers(0, 256, [5, 4, 4, 1], np.uint8)
    data = open_dataset(
        DataConfig(
            "directory",
            str(
                write_directory(
                    tmp_path / "data",
                    {"image": tfds.features.Image(shape=(4, 4, 1))},
                    {"test": [{"image": image} for image in images]},
                )
            ),
        )
    )
    metric = compared(old, old, data=data, config=EvaluationConfig())[1]
    assert metric["value"] == 0.0 and metric["n"] == 5
    assert np.isfinite(metric["of_model"])
