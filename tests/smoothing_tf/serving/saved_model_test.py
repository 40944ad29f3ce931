import dataclasses
import json
import subprocess
import sys

import numpy as np
import pytest
import tensorflow as tf

from smoothing_tf.models import MADEConfig, build_model
from smoothing_tf.models.trained import Trained
from smoothing_tf.numerics import levels_to_unit, unit_to_uint8
from smoothing_tf.serving import export_saved_model, verify_saved_model
from smoothing_tf.serving.layout import METADATA_FILE
from smoothing_tf.serving.served import Served
from smoothing_tf.serving.two_stage_signatures import TwoStageSignatures
from smoothing_tf.smoothing import Gaussian
from tests.testing.eagerly import eagerly
from tests.testing.served_exports import MAX_SAMPLES, images_model
from tests.testing.served_models import served_model

SHAPE, NUM_LEVELS = (4, 4, 1), 17
SEED = [5, 6]

# Loads and runs a SavedModel where of all packages only TensorFlow's can be had: None
# in sys.modules makes an import fail. Then `saved_model_cli show --all` describes it.
# Each signature runs once, for which optimizing its graph is not worth the time.
_CLIENT = """
import sys
for name in ("smoothing_tf", "tensorflow_probability", "keras", "tf_keras"):
    sys.modules[name] = None
import numpy as np
import tensorflow as tf

tf.config.optimizer.set_experimental_options({"disable_meta_optimizer": True})
signatures = tf.saved_model.load(sys.argv[1]).signatures
arguments = np.load(sys.argv[2])
outputs = {}
for name in signatures:
    wanted = signatures[name].structured_input_signature[1]
    own = {key: arguments[key] for key in wanted}
    if name == "sample_rows":
        own["seed"] = own["seed"][None]
    result = signatures[name](**{key: tf.constant(own[key]) for key in wanted})
    outputs |= {f"{name}/{key}": value.numpy() for key, value in result.items()}
np.savez(sys.argv[3], **outputs)

from tensorflow.python.tools import saved_model_cli
sys.argv = ["saved_model_cli", "show", "--dir", sys.argv[1], "--all"]
saved_model_cli.main()
"""


def make_trained(event_shape=SHAPE, num_levels=NUM_LEVELS, smoothing=None, **kwargs):
    config = MADEConfig(hidden_units=(16,), num_mixtures=2)
    models = {
        stage: build_model(
            "made",
            config,
            stage=stage,
            event_shape=event_shape,
            num_levels=num_levels,
            seed=4,
            **kwargs,
        )
        for stage in ("smoothed", "reverse")
    }
    return Trained(
        smoothing=smoothing or Gaussian(0.3), num_levels=num_levels, **models
    )


@pytest.fixture
def trained(images):
    return images


@pytest.fixture
def two_stage(images):
    return images.two_stage


@pytest.fixture
def exported(images_exported):
    return images_exported


@pytest.fixture(scope="module")
def client(images_exported, tmp_path_factory):
    """The arguments and outputs of a client's process, and what it printed."""
    directory = tmp_path_factory.mktemp("client")
    rng = np.random.default_rng(0)
    arguments = {
        "num_samples": np.int32(3),
        "seed": np.array(SEED, np.int32),
        "x_smoothed": rng.normal(size=(5, *SHAPE)).astype(np.float32),
        "levels": rng.integers(NUM_LEVELS, size=(4, *SHAPE), dtype=np.int32),
        "pixels": np.full((4, *SHAPE), 16, np.uint8),
        "mask": rng.integers(2, size=(4, *SHAPE[:2]), dtype=np.uint8),
        "num_draws": np.int32(2),
        "num_particles": np.int32(2),
    }
    np.savez(directory / "arguments.npz", **arguments)
    shown = subprocess.run(
        [sys.executable, "-c", _CLIENT, images_exported, "arguments.npz", "out.npz"],
        cwd=directory,
        check=True,
        stdout=subprocess.PIPE,
        text=True,
    ).stdout
    return arguments, np.load(directory / "out.npz"), shown


def test_a_client_with_tensorflow_alone_gets_the_models_results(two_stage, client):
    arguments, outputs, _ = client
    smoothed, x = tf.function(two_stage.sample)(3, seed=tf.constant(SEED))
    for name in ("sample", "serving_default"):
        np.testing.assert_allclose(outputs[f"{name}/smoothed"], smoothed, atol=1e-5)
        np.testing.assert_array_equal(
            outputs[f"{name}/samples"], unit_to_uint8(x, NUM_LEVELS)
        )
        np.testing.assert_allclose(
            outputs[f"{name}/single_step"],
            two_stage.single_step_denoise(smoothed),
            atol=1e-5,
        )
    x_smoothed = tf.constant(arguments["x_smoothed"])
    denoised = tf.function(two_stage.denoise)(x_smoothed, seed=tf.constant(SEED))
    np.testing.assert_array_equal(
        outputs["denoise/samples"], unit_to_uint8(denoised, NUM_LEVELS)
    )
    np.testing.assert_allclose(
        outputs["single_step_denoise/single_step"],
        two_stage.single_step_denoise(x_smoothed),
        atol=1e-5,
    )
    assert outputs["denoise/samples"].dtype == np.uint8
    assert outputs["bound/bits_per_dim"].shape == (4,)
    nats = outputs["bound/log_noise"] - outputs["bound/log_smoothed"]
    nats -= outputs["bound/log_reverse"]
    np.testing.assert_allclose(
        outputs["bound/bits_per_dim"], nats / (16 * np.log(2)), rtol=1e-12
    )


def test_bound_has_the_expectation_of_the_models_bound(two_stage, exported):
    bound = tf.saved_model.load(str(exported)).signatures["bound"]
    levels = tf.random.stateless_uniform([1, *SHAPE], [1, 2], 0, NUM_LEVELS, tf.int32)
    parts = [
        bound(levels=tf.repeat(levels, MAX_SAMPLES, axis=0), seed=tf.constant([5, k]))
        for k in range(2000 // MAX_SAMPLES)
    ]
    served = {name: np.concatenate([x[name] for x in parts]) for name in parts[0]}
    rows = tf.repeat(levels, 2000, axis=0)
    x = levels_to_unit(rows, NUM_LEVELS, tf.float64)
    x_smoothed = two_stage.smoothing.distribution(x).sample(seed=[7, 8])
    terms = two_stage.bound_terms(x, x_smoothed)
    for name, values in terms._asdict().items():
        difference = np.mean(served[name]) - np.mean(values)
        error = np.sqrt((np.var(served[name]) + np.var(values)) / len(rows))
        assert abs(difference) < 5 * error, name


def test_samples_follow_the_seed_and_number(exported):
    sample = tf.saved_model.load(str(exported)).signatures["sample"]
    draws = [
        sample(num_samples=tf.constant(n), seed=tf.constant(seed))["smoothed"].numpy()
        for n, seed in ((2, [1, 1]), (2, [1, 1]), (2, [1, 2]), (5, [1, 1]))
    ]
    np.testing.assert_array_equal(draws[0], draws[1])
    assert not np.allclose(draws[0], draws[2])
    assert draws[3].shape == (5, *SHAPE)


def test_command_line_of_tensorflow_lists_the_signatures(client):
    shown = client[-1]
    for name in (
        "sample",
        "denoise",
        "single_step_denoise",
        "bound",
        "bound_iw_pixels",
        "inpaint",
        "log_prob",
        "serving_default",
    ):
        assert f"signature_def['{name}']" in shown
    for tensor in ("num_samples", "seed", "x_smoothed", "levels", "bits_per_dim"):
        assert f"['{tensor}']" in shown


def test_metadata_describes_every_tensor(exported):
    metadata = json.loads((exported / METADATA_FILE).read_text())
    assert metadata["event_shape"] == list(SHAPE)
    assert metadata["num_levels"] == NUM_LEVELS
    assert metadata["noise_scale"] == 0.3
    signatures = tf.saved_model.load(str(exported)).signatures
    assert set(metadata["signatures"]) == set(signatures)
    names = set()
    for signature in signatures.values():
        names |= set(signature.structured_input_signature[1])
        names |= set(signature.structured_outputs)
    assert names == set(metadata["tensors"])
    assert metadata["tensors"]["x_smoothed"].endswith("at most 10 in magnitude")
    assert metadata["max_samples"] == MAX_SAMPLES


def test_vectors_stay_floats(vectors_exported):
    signatures = tf.saved_model.load(str(vectors_exported)).signatures
    given = {"seed": tf.constant(SEED), "label": tf.constant([0, 2, 1])}
    samples = signatures["sample"](num_samples=tf.constant(3), **given)
    assert samples["samples"].dtype == tf.float32
    outputs = signatures["bound"](x=samples["samples"], **given)
    # Data that are not standardized have no `nats_raw_units`.
    assert set(outputs) == {"log_smoothed", "log_reverse", "log_noise", "nats"}
    metadata = json.loads((vectors_exported / METADATA_FILE).read_text())
    assert "nats_raw_units" not in metadata["tensors"]


def test_difference_from_the_model_is_found_and_named(exported):
    other = images_model()
    other.reverse.weights[0].assign(other.reverse.weights[0] + 1.0)
    with (
        eagerly(),
        pytest.raises(RuntimeError, match="signature `.*` must return the `samples`"),
    ):
        verify_saved_model(other, exported, inpainting=True)


def test_a_model_whose_samples_are_not_finite_is_not_published(tmp_path):
    trained = served_model("made", stages=("baseline",))
    weight = trained.baseline.weights[0]
    weight.assign(tf.fill(weight.shape, float("nan")))
    with pytest.raises(RuntimeError, match="draws samples that are NaN or infinite"):
        export_saved_model(trained, tmp_path / "models" / "1")
    assert not list((tmp_path / "models").iterdir())


def test_an_existing_version_is_not_overwritten(trained, exported):
    with pytest.raises(FileExistsError, match="already exists"):
        export_saved_model(trained, exported)


def test_levels_beyond_8_bits_are_rejected(trained, tmp_path):
    with pytest.raises(ValueError, match="`num_levels` must be from 2 to 256"):
        export_saved_model(dataclasses.replace(trained, num_levels=512), tmp_path / "1")


def test_a_network_in_half_precision_is_refused(tmp_path):
    with pytest.raises(ValueError, match="must compute in float32 .* got bfloat16"):
        export_saved_model(make_trained(dtype="mixed_bfloat16"), tmp_path / "1")


def test_signatures_of_a_class_conditional_model_take_labels(vectors, vectors_exported):
    signatures = tf.saved_model.load(str(vectors_exported)).signatures
    label = tf.constant([2, 0, 2], tf.int32)
    seed = tf.constant(SEED)
    outputs = signatures["sample"](num_samples=tf.constant(3), seed=seed, label=label)
    np.testing.assert_array_equal(outputs["label"], label)
    smoothed, x = tf.function(vectors.two_stage.sample)(
        tf.constant(3), seed=seed, label=label
    )
    np.testing.assert_allclose(outputs["smoothed"], smoothed, atol=1e-4)
    np.testing.assert_allclose(outputs["samples"], x, atol=1e-4)
    nats = [
        signatures["bound"](
            x=tf.zeros([2, 3]), seed=seed, label=tf.constant(labels, tf.int32)
        )["nats"].numpy()
        for labels in ([0, 0], [0, 1])
    ]
    np.testing.assert_array_equal(nats[0] == nats[1], [True, False])


def test_a_kernel_without_single_steps_exports_none():
    class Kernel(Gaussian):
        single_step_gain = None

    served = Served.of(make_trained(smoothing=Kernel(0.3)))
    signatures = TwoStageSignatures(served.two_stage, served.unit, served.labels, 10)
    functions = signatures.all(inpainting=False)
    assert set(functions) | {"serving_default"} == served.names()
    assert "single_step_denoise" not in functions
    sample = functions["sample"].get_concrete_function()
    assert set(sample.structured_outputs) == {"smoothed", "samples"}


def test_a_negative_label_is_drawn_from_the_training_frequencies(vectors_exported):
    sample = tf.saved_model.load(str(vectors_exported)).signatures["sample"]
    labels = [
        sample(
            num_samples=tf.constant(20),
            seed=tf.constant(seed),
            label=tf.constant([-1] * 19 + [2], tf.int32),
        )["label"]
        for seed in (SEED, [7, 8])
    ]
    counts = np.bincount(np.concatenate(labels), minlength=3)
    assert counts[2] == 2 and 8 < counts[0] < 30
    with pytest.raises(tf.errors.InvalidArgumentError, match="from -1 to 2; got 3"):
        sample(
            num_samples=tf.constant(1),
            seed=tf.constant(SEED),
            label=tf.constant([3], tf.int32),
        )


def test_the_metadata_name_the_classes(vectors_exported, exported):
    metadata = json.loads((vectors_exported / METADATA_FILE).read_text())
    assert metadata["num_classes"] == 3
    assert metadata["class_names"] == ["cat", "dog", "owl"]
    assert "label" in metadata["tensors"]
    without = json.loads((exported / METADATA_FILE).read_text())
    assert "class_names" not in without and "label" not in without["tensors"]
