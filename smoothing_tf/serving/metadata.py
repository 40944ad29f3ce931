"""The description of a SavedModel for its clients."""

from collections.abc import Mapping
from typing import Any

from smoothing_tf.serving.about import About
from smoothing_tf.serving.served import Served
from smoothing_tf.serving.signature import inputs_of, outputs_of


def make_metadata(
    served: Served,
    loaded: Mapping[str, Any],
    max_samples: int,
    about: About | None = None,
) -> dict[str, Any]:
    """Describes the inputs and outputs for a client.

    Args:
      served: what the SavedModel contains.
      loaded: its signatures, as loaded.
      max_samples: the largest number of rows of a request.
      about: where the model comes from; None if that is not known.
    """
    inputs = {name: inputs_of(loaded[name]) for name in sorted(loaded)}
    outputs = {name: outputs_of(loaded[name]) for name in sorted(loaded)}
    units = _units(served, max_samples) | _label_units(served, inputs)
    used = {
        tensor for of_one in (inputs, outputs) for x in of_one.values() for tensor in x
    }
    smoothing: Mapping[str, Any] = {}
    if served.two_stage is not None:
        kernel = served.two_stage.smoothing
        smoothing = {
            "smoothing": type(kernel).__name__.lower(),
            "noise_scale": kernel.noise_scale,
        }
    origin = {} if about is None else _origin(about)
    return {
        **origin,
        "event_shape": list(served.event_shape),
        "num_levels": served.unit.num_levels,
        **served.unit.metadata(),
        **_classes(served),
        **smoothing,
        "max_samples": max_samples,
        "signatures": sorted(loaded),
        "serving_default": "sample",
        "inputs": inputs,
        "outputs": outputs,
        "tensors": {name: units[name] for name in units if name in used},
    }


def _origin(about: About) -> dict[str, Any]:
    """Returns what is known of the data, the run and its evaluation."""
    known = {
        "data": about.data,
        "made_from": about.made_from,
        "likelihoods": dict(about.metrics),
    }
    return {name: value for name, value in known.items() if value}


def _classes(served: Served) -> dict[str, Any]:
    """Describes the classes of any network; nothing if none has classes."""
    num_classes = served.trained.num_classes
    if num_classes is None:
        return {}
    names = served.trained.classes.names
    return {
        "num_classes": num_classes,
        "class_names": None if names is None else list(names),
    }


def _label_units(served: Served, inputs: Mapping[str, list[str]]) -> dict[str, str]:
    """Describes `label` for the signatures that take it, by their inputs."""
    num_classes = served.trained.num_classes
    if num_classes is None:
        return {}
    text = f"int32 [n], the class of each example, 0 to {num_classes - 1}"
    if "label" in inputs["sample"]:
        text += (
            "; in `sample` and `sample_rows`, -1 draws it from the frequencies of the"
            " training data"
        )
    if "label" in inputs.get("inpaint", ()):
        text += "; in `inpaint`, -1 infers it from the known values"
    return {"label": text}


def _units(served: Served, max_samples: int) -> dict[str, str]:
    """Describes every tensor that any signature has."""
    unit, shape = served.unit, ", ".join(map(str, ["n", *served.event_shape]))
    discrete, floats = unit.num_levels is not None, unit.description
    image = f"[{shape}], {floats}"
    within = f"at most {unit.max_magnitude:g} in magnitude"
    if unit.standardization is not None:
        within = f"within {unit.max_magnitude:g} standard deviations of the mean"
    mask_shape = ", ".join(map(str, ["n", *served.mask_shape]))
    per_dim = "bits per dimension" if discrete else "nats per example"
    of_all = f"or [n], one for each row; n times the largest at most {max_samples}"
    bound = f"log_noise - log_smoothed - log_reverse of one draw of x~, {per_dim}"
    if served.two_stage is None:
        bound = f"-log_prob, {per_dim}"
    else:
        bound += "; its mean bounds the negative log-likelihood from above"
        if served.baseline is not None:
            bound += "; of a baseline's `log_prob`, -log_prob itself"
    weighted = f"-log of the mean weight of num_draws draws of x~, {per_dim}"
    raw = ", which is on the standardized scale, in raw units"
    return {
        "num_samples": f"int32 scalar, n, from 1 to {max_samples}",
        "seed": "int32 [2] for the whole request, or [n, 2], one for each row, whose"
        " result then depends on that row alone; the same seed gives the same result",
        "num_draws": f"int32 [], the number of draws of x~, {of_all}",
        "num_particles": f"int32 [], the number of particles, {of_all}",
        "mask": f"uint8 [{mask_shape}], 1 for known and 0 for missing values",
        "smoothed": f"x~ ~ p(x~), {image}, not clipped",
        "x_smoothed": f"x~, {image}, finite and {within}",
        "single_step": f"x~ + noise_scale^2 d/dx~ log p(x~), {image}, not clipped",
        "samples": f"uint8 [{shape}], round(255 i / (num_levels - 1))"
        if discrete
        else image,
        "levels": f"int32 [{shape}], 0 to num_levels - 1 as in the data set",
        "pixels": f"uint8 [{shape}], round(255 i / (num_levels - 1)) as in `samples`"
        + (", anything where `mask` is 0" if served.can_inpaint else ""),
        "x": f"{image}, finite and {within}",
        "log_smoothed": "log p(x~), nats per example",
        "log_reverse": "log p(x|x~), nats per example",
        "log_noise": "log q(x~|x), nats per example",
        "log_prob": "log p(x) of the baseline, nats per example",
        "bits_per_dim": bound,
        "nats": bound,
        "bits_per_dim_iw": weighted,
        "nats_iw": weighted,
        "nats_raw_units": f"nats{raw}",
        "nats_iw_raw_units": f"nats_iw{raw}",
    }
