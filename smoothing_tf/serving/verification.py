"""Checks that a SavedModel computes what its model computes."""

from collections.abc import Collection, Mapping
from typing import Any

import numpy as np
import tensorflow as tf
import tqdm

from smoothing_tf import artifacts
from smoothing_tf.models.trained import Trained
from smoothing_tf.numerics import levels_to_unit, unit_to_levels
from smoothing_tf.serving.bound import served_bound
from smoothing_tf.serving.data_unit import DataUnit
from smoothing_tf.serving.labels import ServedLabels

_NUM_SAMPLES = 2
# Samples are drawn by one graph and drawn again by another, so a value whose rounding
# or whose component of the mixture is nearly a tie may differ.
_MAX_SHARE_OF_TIES = 0.005


def verify_saved_model(
    trained: Trained, directory: artifacts.Path, *, progress: bool = False
) -> None:
    """Compares every signature of a SavedModel with the Python model.

    Samples are compared with one pass of the networks over them, see
    `TwoStageModel.redraw`: up to 0.5 % of their values may differ, as near ties. All
    other floats must agree to 1e-4 of their scale.

    Args:
      trained: the models it was written from.
      directory: directory of the SavedModel.
      progress: whether to show a progress bar.

    Raises:
      RuntimeError: an output of a signature differs, or the model draws samples that
        are not finite.
    """
    two_stage, num_levels = trained.two_stage, trained.num_levels
    unit = DataUnit(num_levels, trained.standardization)
    signatures = tf.saved_model.load(str(directory)).signatures
    names = {"sample", "denoise", "bound", "serving_default"}
    if two_stage.has_single_step:
        names.add("single_step_denoise")
    if set(signatures) != names:
        raise RuntimeError(
            f"The SavedModel must have the signatures {', '.join(sorted(names))};"
            f" got {', '.join(sorted(signatures))}."
        )
    if _called(signatures["serving_default"]) != _called(signatures["sample"]):
        raise RuntimeError("The signature `serving_default` must be that of `sample`.")
    seed = tf.constant([1, 2])
    label = ServedLabels(trained).examples(_NUM_SAMPLES)
    checks = tqdm.tqdm(
        total=len(names) - 1, desc="checking", unit="signature", disable=not progress
    )

    def call(name: str, **arguments: tf.Tensor) -> dict[str, np.ndarray]:
        outputs = signatures[name](**arguments, **label)
        checks.update()
        return {key: value.numpy() for key, value in outputs.items()}

    with checks:
        # None of the following is traced, which would take longer than to compute it.
        drawn = call("sample", num_samples=tf.constant(_NUM_SAMPLES), seed=seed)
        x_smoothed = unit.to_model(drawn["smoothed"])
        x = unit.samples_to_model(drawn["samples"])
        again = two_stage.redraw(x_smoothed, x, seed=seed, **label)
        if not all(np.all(np.isfinite(part)) for part in (drawn["smoothed"], *again)):
            raise RuntimeError(
                "The model draws samples that are NaN or infinite, so it was not"
                " published. Train it longer, or in a new run with a lower"
                " --learning_rate."
            )
        expected = {
            "smoothed": unit.floats(again[0]),
            "samples": unit.samples(again[1]),
            **label,
        }
        given = {"x_smoothed": tf.constant(drawn["smoothed"])}
        if two_stage.has_single_step:
            single_step = two_stage.single_step_denoise(x_smoothed, **label)
            expected["single_step"] = unit.floats(single_step)
            _compare(
                "single_step_denoise",
                call("single_step_denoise", **given),
                {"single_step": expected["single_step"]},
            )
        _compare("sample", drawn, expected, ("smoothed", "samples"))

        denoised = call("denoise", seed=seed, **given)
        x = unit.samples_to_model(denoised["samples"])
        condition = two_stage.reverse_condition(x_smoothed, **label)
        x = two_stage.reverse.redraw(x, condition, seed=seed)
        _compare("denoise", denoised, {"samples": unit.samples(x)}, ("samples",))

        if num_levels is None:
            data = {"x": tf.constant(denoised["samples"])}
            x = unit.to_model(data["x"], tf.float64)
        else:
            data = {"levels": tf.cast(unit_to_levels(x, num_levels), tf.int32)}
            x = levels_to_unit(data["levels"], num_levels, tf.float64)
        bound = served_bound(two_stage, unit, x, seed, **label)
        _compare("bound", call("bound", seed=seed, **data), bound)


def _called(signature: Any) -> str:
    """Returns the name of the function that a loaded signature calls."""
    operations = signature.graph.get_operations()
    return next(x.get_attr("f").name for x in operations if "Call" in x.type)


def _compare(
    name: str,
    outputs: Mapping[str, np.ndarray],
    expected: Mapping[str, tf.Tensor],
    drawn: Collection[str] = (),
) -> None:
    """Compares the outputs of a signature; a few values of `drawn` ones may differ."""
    if set(outputs) != set(expected):
        raise RuntimeError(
            f"The signature `{name}` must return {', '.join(sorted(expected))}; got"
            f" {', '.join(sorted(outputs))}."
        )
    for key, got in outputs.items():
        want = expected[key].numpy()
        num_different, allowed = got.size, 0
        if want.dtype == got.dtype and want.shape == got.shape:
            scale = 1.0 + np.abs(want).max(initial=0.0)
            tolerance = 0.0 if want.dtype.kind in "iu" else 1e-4 * scale
            is_close = np.isclose(got, want, rtol=0.0, atol=tolerance)
            num_different = np.sum(~is_close)
        if key in drawn:
            allowed = int(_MAX_SHARE_OF_TIES * got.size)
        if num_different > allowed:
            raise RuntimeError(
                f"The signature `{name}` must return the `{key}` of the Python model;"
                f" {num_different} of {got.size} values differ. Nothing was published."
            )
