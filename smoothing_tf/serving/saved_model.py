"""Exports a two-stage model as a SavedModel that needs nothing but TensorFlow."""

import sys
from collections.abc import Callable

import tensorflow as tf

from smoothing_tf import artifacts
from smoothing_tf.limits import MAX_LEVELS
from smoothing_tf.models.trained import Trained, check_trained
from smoothing_tf.models.two_stage import TwoStageModel
from smoothing_tf.numerics import levels_to_unit
from smoothing_tf.serving.bound import served_bound
from smoothing_tf.serving.data_unit import DataUnit
from smoothing_tf.serving.labels import ServedLabels
from smoothing_tf.serving.layout import METADATA_FILE
from smoothing_tf.serving.metadata import make_metadata
from smoothing_tf.serving.verification import verify_saved_model

_SEED = tf.TensorSpec([2], tf.int32, "seed")


def export_saved_model(
    trained: Trained,
    directory: artifacts.Path,
    *,
    progress: bool = False,
) -> None:
    """Writes a SavedModel, checked against the Python model before it appears.

    Signatures, with a dynamic number of rows n:

    - `sample`, also `serving_default`: num_samples int32 [], seed int32 [2] ->
      smoothed float32 [n, ...event_shape], single_step (the same; Gaussian
      smoothing only), samples uint8 [n, ...event_shape].
    - `denoise`: x_smoothed float32 [n, ...event_shape], seed -> samples of p(x|x~).
    - `single_step_denoise` (Gaussian smoothing only): x_smoothed -> single_step.
    - `bound`: levels int32 [n, ...event_shape], seed -> log_smoothed, log_reverse,
      log_noise in nats and bits_per_dim of one draw of x~, float64 [n]. Their mean
      over seeds bounds the negative log-likelihood from above.

    uint8 samples are the grey levels round(255 i / (L - 1)). Continuous data
    (`num_levels` None) are float32 everywhere, `bound` takes them as `x` and gives
    `nats` in place of bits_per_dim. Of standardized data, all examples are float64 in
    raw units, `nats` and its terms are on the standardized scale, and `nats_raw_units`
    is the bound in raw units.

    With a class-conditional stage every signature takes `label` int32 [n] as well, and
    `sample` returns it; there, -1 draws a class from the training frequencies.

    Args:
      trained: the trained models, with both stages, of data with at most 256 levels
        or of continuous data.
      directory: the version's directory, e.g. MODELS/name/3; see `next_version`.
      progress: whether to report progress on stderr.

    Raises:
      FileExistsError: `directory` is not empty.
      OSError: it cannot be written.
      RuntimeError: the SavedModel does not compute what the model computes, or the
        model draws samples that are not finite.
      TypeError: `trained` is something else, or `directory` no path.
      ValueError: a stage is not trained, levels do not fit into uint8, or a network
        does not compute in float32: in bfloat16 another graph rounds differently, and
        samples depend on the rounding.
    """
    check_trained(trained)
    artifacts.check_path("directory", directory)
    two_stage, num_levels = trained.two_stage, trained.num_levels
    if num_levels is not None and not 2 <= num_levels <= MAX_LEVELS:
        raise ValueError(
            f"`num_levels` must be from 2 to {MAX_LEVELS}; got {num_levels}."
        )
    for model in (two_stage.smoothed, two_stage.reverse):
        if model.compute_dtype != "float32":
            raise ValueError(
                "The networks must compute in float32 to be exported; got"
                f" {model.compute_dtype}. Load the weights into models that compute in"
                " float32."
            )
    unit = DataUnit(num_levels, trained.standardization)
    labels = ServedLabels(trained)
    signatures = _signatures(two_stage, unit, labels)
    if progress:
        print(
            f"Writing the graphs of {', '.join(signatures)}; those of a large network"
            " take minutes.",
            file=sys.stderr,
        )
    module = tf.Module()
    # Only variables are tracked, so that loading needs no Python class.
    module.weights = [
        variable.value
        for model in (two_stage.smoothed, two_stage.reverse)
        for variable in model.weights
    ]
    with artifacts.atomic_directory(directory) as temporary:
        try:
            tf.saved_model.save(
                module,
                str(temporary),
                signatures=signatures | {"serving_default": signatures["sample"]},
            )
        except tf.errors.OpError as error:
            raise OSError(
                f"The SavedModel could not be written to {directory}:"
                f" {error.message.splitlines()[0]}."
            ) from error
        artifacts.write_json(
            temporary / METADATA_FILE,
            make_metadata(two_stage, unit, labels, signatures),
        )
        if progress:
            print("Loading it back, to compare it with the model.", file=sys.stderr)
        verify_saved_model(trained, temporary, progress=progress)


def _signatures(
    two_stage: TwoStageModel, unit: DataUnit, labels: ServedLabels
) -> dict[str, Callable[..., dict[str, tf.Tensor]]]:
    shape, num_levels = [None, *two_stage.event_shape], unit.num_levels
    x_smoothed_spec = tf.TensorSpec(shape, unit.dtype, "x_smoothed")

    number = tf.TensorSpec([], tf.int32, "num_samples")

    @tf.function(input_signature=[number, _SEED, *labels.spec], autograph=False)
    def sample(num_samples, seed, label=None):
        label = labels.complete(label, num_samples, seed)
        smoothed, x = two_stage.sample(num_samples, seed=seed, label=label)
        outputs = {"smoothed": unit.floats(smoothed), "samples": unit.samples(x)}
        if label is not None:
            outputs["label"] = label
        if two_stage.has_single_step:
            single_step = two_stage.single_step_denoise(smoothed, label=label)
            outputs["single_step"] = unit.floats(single_step)
        return outputs

    @tf.function(
        input_signature=[x_smoothed_spec, _SEED, *labels.spec], autograph=False
    )
    def denoise(x_smoothed, seed, label=None):
        x = two_stage.denoise(unit.to_model(x_smoothed), seed=seed, label=label)
        return {"samples": unit.samples(x)}

    @tf.function(input_signature=[x_smoothed_spec, *labels.spec], autograph=False)
    def single_step_denoise(x_smoothed, label=None):
        x_smoothed = unit.to_model(x_smoothed)
        single_step = two_stage.single_step_denoise(x_smoothed, label=label)
        return {"single_step": unit.floats(single_step)}

    levels_spec = tf.TensorSpec(shape, tf.int32, "levels")

    @tf.function(input_signature=[levels_spec, _SEED, *labels.spec], autograph=False)
    def bound_of_levels(levels, seed, label=None):
        assert num_levels is not None
        x = levels_to_unit(levels, num_levels, tf.float64)
        return served_bound(two_stage, unit, x, seed, label)

    x_spec = tf.TensorSpec(shape, unit.dtype, "x")

    @tf.function(input_signature=[x_spec, _SEED, *labels.spec], autograph=False)
    def bound_of_vectors(x, seed, label=None):
        return served_bound(two_stage, unit, unit.to_model(x, tf.float64), seed, label)

    signatures = {
        "sample": sample,
        "denoise": denoise,
        "bound": bound_of_vectors if num_levels is None else bound_of_levels,
    }
    if two_stage.has_single_step:
        signatures["single_step_denoise"] = single_step_denoise
    return signatures
