"""Checks that a SavedModel computes what its models compute."""

from collections.abc import Callable, Collection, Mapping
from typing import Any

import numpy as np
import tensorflow as tf
import tqdm

from smoothing_tf import artifacts
from smoothing_tf.models.condition import Condition
from smoothing_tf.models.redraw_inpainting import redraw_inpainting
from smoothing_tf.models.trained import Trained
from smoothing_tf.numerics import uint8_to_levels
from smoothing_tf.seeds import example_seeds
from smoothing_tf.serving.bound import (
    bound_terms,
    draw_seeds,
    in_units,
    served_bound,
)
from smoothing_tf.serving.examples import forms_of
from smoothing_tf.serving.loaded import called, find_shared
from smoothing_tf.serving.served import Served

_NUM_SAMPLES = 2
# Signature -> another one that calls the same networks or more.
_TWINS = {
    "sample_rows": "sample",
    "denoise": "sample",
    "single_step_denoise": "sample",
    "bound_iw": "bound",
}
# Samples are drawn by one graph and drawn again by another, so a value whose rounding
# or whose component of the mixture is nearly a tie may differ.
_MAX_SHARE_OF_TIES = 0.005

Outputs = dict[str, np.ndarray]


def verify_saved_model(
    trained: Trained,
    directory: artifacts.Path,
    *,
    inpainting: bool = False,
    progress: bool = False,
) -> Mapping[str, Any]:
    """Compares every signature of a SavedModel with the Python models.

    Samples are compared with one pass of the networks over them, see
    `TwoStageModel.redraw`: up to 0.5 % of their values may differ, as near ties. All
    other floats must agree to 1e-4 of their scale.

    A signature that calls no other networks than a signature that was compared, such as
    `denoise` and `sample`, is not run: a first run takes longer than all the rest.

    Args:
      trained: the models it was written from.
      directory: directory of the SavedModel.
      inpainting: whether it was written with inpainting.
      progress: whether to show a progress bar.

    Returns:
      The loaded signatures.

    Raises:
      RuntimeError: an output of a signature differs, or a model draws samples that
        are not finite.
    """
    served = Served.of(trained, inpainting=inpainting)
    signatures = tf.saved_model.load(str(directory)).signatures
    names = served.names()
    if set(signatures) != names:
        raise RuntimeError(
            f"The SavedModel must have the signatures {', '.join(sorted(names))};"
            f" got {', '.join(sorted(signatures))}."
        )
    if called(signatures["serving_default"]) != called(signatures["sample"]):
        raise RuntimeError("The signature `serving_default` must be that of `sample`.")
    twins = _TWINS | {
        name: name.removesuffix("_pixels") for name in names if name.endswith("_pixels")
    }
    twins = {name: twin for name, twin in twins.items() if name in names}
    for name, twin in twins.items():
        own = find_shared(signatures[name])
        if not own or not own <= find_shared(signatures[twin]):
            raise RuntimeError(
                f"The signature `{name}` must call the networks of `{twin}`."
            )
    checked = names - twins.keys() - {"serving_default"}
    progress_bar = tqdm.tqdm(
        total=len(checked), desc="checking", unit="signature", disable=not progress
    )

    def call(name: str, **arguments: Any) -> Outputs:
        outputs = signatures[name](**arguments)
        progress_bar.update()
        return {key: value.numpy() for key, value in outputs.items()}

    with progress_bar:
        if served.two_stage is not None:
            x = _verify_two_stage(served, call)
        else:
            x = _verify_sampler(served, call)
        if served.baseline is not None:
            _verify_log_prob(served, call, x)
    return signatures


def _verify_two_stage(served: Served, call: Callable[..., Outputs]) -> tf.Tensor:
    """Checks the signatures of a two-stage model; returns samples float64 [n, ...].

    None of the models is traced, which would take longer than to compute them.
    """
    two_stage, unit = served.two_stage, served.unit
    assert two_stage is not None
    seed = tf.constant([1, 2])
    label = served.labels.examples(_NUM_SAMPLES)
    number = {"num_samples": tf.constant(_NUM_SAMPLES)}
    drawn = call("sample", seed=seed, **number, **label)
    x_smoothed = unit.to_model(drawn["smoothed"])
    x = unit.samples_to_model(drawn["samples"])
    again = two_stage.redraw(x_smoothed, x, seed=seed, **label)
    _check_finite(drawn["smoothed"], *again)
    expected = {
        "smoothed": unit.floats(again[0]),
        "samples": unit.samples(again[1]),
        **label,
    }
    if two_stage.has_single_step:
        single_step = two_stage.single_step_denoise(x_smoothed, **label)
        _check_finite(single_step)
        expected["single_step"] = unit.floats(single_step)
    _compare("sample", drawn, expected, ("smoothed", "samples"))

    data, x = _data_of(served, drawn["samples"])
    seeds = example_seeds(seed, _NUM_SAMPLES)

    terms = bound_terms(two_stage, x, draw_seeds(seeds, 0), **label)
    bound = served_bound(terms, unit, served.event_shape)
    _compare("bound", call("bound", seed=seed, **data, **label), bound)
    if served.can_inpaint:
        _verify_inpainting(served, call, drawn["samples"])
    return x


def _verify_inpainting(
    served: Served, call: Callable[..., Outputs], samples: np.ndarray
) -> None:
    """Checks inpainting: with one particle exactly, with more of them what is known."""
    two_stage, unit = served.two_stage, served.unit
    assert two_stage is not None
    shape = served.mask_shape
    mask = np.arange(np.prod(shape)).reshape(shape) % 3 == 0
    known = np.broadcast_to(
        mask.reshape(shape + (1,) * (samples.ndim - 1 - mask.ndim)), samples.shape
    )
    mask = np.repeat(mask[None], _NUM_SAMPLES, axis=0)
    seed = tf.constant([1, 2])
    label = served.labels.examples(_NUM_SAMPLES)
    form = forms_of(unit)[-1]
    arguments = {form.name: tf.constant(samples), "mask": tf.constant(mask, tf.uint8)}
    # A single run: the first row has one particle, the last one as many as there are.
    number = tf.constant([1] * (_NUM_SAMPLES - 1) + [2])
    inpainted = call("inpaint", seed=seed, num_particles=number, **arguments, **label)
    _check_finite(inpainted["smoothed"])
    drawn = (
        unit.to_model(inpainted["smoothed"]),
        unit.samples_to_model(inpainted["samples"]),
    )
    again = redraw_inpainting(
        two_stage.smoothing,
        two_stage.smoothed,
        two_stage.reverse,
        drawn,
        tf.constant(known),
        example_seeds(seed, _NUM_SAMPLES),
        **label,
    )
    expected = {
        "smoothed": unit.floats(again[0]).numpy(),
        "samples": np.where(known, samples, unit.samples(again[1])),
    }
    # Which of several particles was chosen is not known.
    is_exact = number.numpy() == 1
    expected["smoothed"][~is_exact] = inpainted["smoothed"][~is_exact]
    is_free = ~is_exact.reshape([-1] + [1] * (known.ndim - 1)) & ~known
    expected["samples"][is_free] = inpainted["samples"][is_free]
    wanted = {key: tf.constant(value) for key, value in expected.items()}
    _compare("inpaint", inpainted, wanted | label, ("smoothed", "samples"))


def _verify_sampler(served: Served, call: Callable[..., Outputs]) -> tf.Tensor:
    """Checks the sampler of a baseline; returns samples float64 [n, ...]."""
    model, unit, seed = served.baseline, served.unit, tf.constant([1, 2])
    assert model is not None
    label = served.labels.examples(_NUM_SAMPLES)
    number = {"num_samples": tf.constant(_NUM_SAMPLES)}
    drawn = call("sample", seed=seed, **number, **label)
    x = unit.samples_to_model(drawn["samples"])
    again = model.redraw(x, Condition(**label), seed=seed)
    _check_finite(x, again)
    expected = {"samples": unit.samples(again), **label}
    _compare("sample", drawn, expected, ("samples",))
    return _data_of(served, drawn["samples"])[1]


def _verify_log_prob(
    served: Served, call: Callable[..., Outputs], x: tf.Tensor
) -> None:
    """Checks the likelihood of a baseline, of examples float64 [n, ...]."""
    model, unit = served.baseline, served.unit
    assert model is not None
    label = served.baseline_labels.examples(_NUM_SAMPLES)
    data, x = _data_of(served, unit.samples(tf.cast(x, tf.float32)))
    log_prob = model.log_prob(x, Condition(**label))
    expected = {"log_prob": log_prob} | in_units(-log_prob, unit, served.event_shape)
    _compare("log_prob", call("log_prob", **data, **label), expected)


def _data_of(
    served: Served, samples: np.ndarray | tf.Tensor
) -> tuple[dict[str, tf.Tensor], tf.Tensor]:
    """Converts samples to (the first form of input, examples for the models)."""
    unit, form = served.unit, forms_of(served.unit)[0]
    examples = tf.constant(samples)
    if unit.num_levels is not None:
        examples = tf.cast(uint8_to_levels(examples, unit.num_levels), form.dtype)
    return {form.name: examples}, form.to_model(examples, tf.float64)


def _check_finite(*drawn: Any) -> None:
    if not all(np.all(np.isfinite(part)) for part in drawn):
        raise RuntimeError(
            "The model draws samples that are NaN or infinite, so it was not"
            " published. Train it longer, or in a new run with a lower"
            " --learning_rate."
        )


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
