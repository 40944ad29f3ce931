"""A new model and a served one, compared example by example."""

import json
import shutil
import uuid

import numpy as np
import pytest
import tensorflow as tf
import tensorflow_datasets as tfds

from components.evaluate.comparison import compare
from components.predecessor import Predecessor
from components.served_versions import digest_of
from smoothing_tf.checkout import ROOT
from smoothing_tf.data.data_config import DataConfig
from smoothing_tf.data.dataset import open_dataset
from smoothing_tf.evaluation.config import EvaluationConfig
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


def test_a_model_is_not_better_than_itself(compared):
    metric = compared("served", max_regression=0.0)[1]
    assert metric["value"] == metric["se"] == 0.0 and not metric["passed"]


def test_the_result_does_not_depend_on_the_batches(compared):
    by_size = [
        compared(
            "noisy", config=EvaluationConfig(num_draws=2, evaluation_batch_size=size)
        )[1]["value"]
        for size in (3, 100)
    ]
    assert by_size[0] == pytest.approx(by_size[1], abs=1e-12)
    assert compared("noisy", seed=1)[1]["value"] != by_size[0]


def test_an_example_has_the_same_noise_in_every_subset(compared, dataset):
    whole = compared("noisy")[1]
    size = whole["n"] // 2
    part = compared("noisy", config=EvaluationConfig(num_draws=2, max_examples=size))[1]
    assert part["n"] == size and part["subset"]["of"] == whole["n"]
    # seed_weight 3 against 1: the difference is twice the noise, which is below 2.
    assert part["value"] != whole["value"]
    assert abs(part["value"] - whole["value"]) < 4 * part["se"]


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
        (
            {"classes": True, "num_classes": 3},
            "list of classes is 3, that of this model",
        ),
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


def test_vectors_are_compared_in_nats_and_given_their_class(
    compared, vectors, tmp_path
):
    form = {
        "name": "x",
        "dtype": tf.float32,
        "event_shape": [2],
        "num_levels": None,
        "classes": True,
        "class_names": ["a", "b"],
    }
    old = write_served(tmp_path / "old", output="nats", **form)
    # Of standardized data, the bound in the units of the file counts.
    new = write_served(tmp_path / "new", output="nats_raw_units", offset=0.5, **form)
    name, metric = compared(new, old, data=vectors)
    assert name == "nll_regression" and metric["unit"] == "nats"
    assert metric["value"] == pytest.approx(0.5) and metric["given"] == "label"
    # The bound is mean(x) + noise + label: the mean of x is 0, that of labels 1/2.
    assert 0.5 < metric["of_version"] < 2.5


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
