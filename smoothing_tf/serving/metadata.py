"""The description of a SavedModel for its clients."""

from typing import Any

from smoothing_tf.models.two_stage import TwoStageModel
from smoothing_tf.serving.data_unit import DataUnit
from smoothing_tf.serving.labels import ServedLabels


def make_metadata(
    two_stage: TwoStageModel,
    unit: DataUnit,
    labels: ServedLabels,
    signatures: dict[str, Any],
) -> dict[str, Any]:
    """Describes the inputs and outputs for a client."""
    discrete, floats = unit.num_levels is not None, unit.description
    units = {
        "num_samples": "int32 scalar",
        "seed": "int32 [2]; the same seed gives the same result",
        "smoothed": f"x~ ~ p(x~), {floats}, not clipped",
        "x_smoothed": f"x~, {floats}",
        "single_step": f"x~ + noise_scale^2 d/dx~ log p(x~), {floats}, not clipped",
        "samples": "uint8, round(255 i / (num_levels - 1))" if discrete else floats,
        "levels" if discrete else "x": (
            "int32, 0 to num_levels - 1 as in the data set" if discrete else floats
        ),
        "log_smoothed": "log p(x~), nats per example",
        "log_reverse": "log p(x|x~), nats per example",
        "log_noise": "log q(x~|x), nats per example",
        "bits_per_dim" if discrete else "nats": (
            "log_noise - log_smoothed - log_reverse of one draw of x~,"
            f" {'bits per dimension' if discrete else 'nats per example'}; its mean"
            " bounds the negative log-likelihood from above"
        ),
    }
    if not two_stage.has_single_step:
        del units["single_step"]
    units |= labels.units()
    if unit.standardization is not None:
        units["nats_raw_units"] = (
            "nats, which is on the standardized scale, in raw units"
        )
    return {
        "event_shape": list(two_stage.event_shape),
        "num_levels": unit.num_levels,
        **unit.metadata(),
        **labels.metadata(),
        "smoothing": type(two_stage.smoothing).__name__.lower(),
        "noise_scale": two_stage.smoothing.noise_scale,
        "signatures": sorted([*signatures, "serving_default"]),
        "serving_default": "sample",
        "tensors": units,
    }
