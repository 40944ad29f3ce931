"""The model card: what a model is, what it is for, and a picture of its samples."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import tensorflow as tf

from smoothing_tf.models.density_model import DensityModel
from smoothing_tf.sampling.sample_pictures import COLUMNS, picture_samples
from smoothing_tf.serving.about import About
from smoothing_tf.serving.layout import METADATA_FILE, PICTURE_FILE, WARMUP_FILE
from smoothing_tf.serving.served import Served

_NUM_PICTURED = 16
_SEED = (0, 1)
_USE = """\
It is a density model for study: to draw new examples, to remove known noise, to fill
in missing values and to score examples like the data it was trained on. It does not
know other data: the likelihood of an example from elsewhere says little, also where it
is high. Samples may repeat training examples and carry the biases of the data. Do not
use them to decide about people."""


def model_card(
    served: Served, about: About, metadata: Mapping[str, Any], num_bytes: int
) -> str:
    """Writes the card in Markdown.

    Args:
      served: what the SavedModel contains.
      about: where the model comes from.
      metadata: description of the SavedModel.
      num_bytes: size of the SavedModel on disk.
    """
    shape = " x ".join(map(str, served.event_shape))
    levels = served.unit.num_levels
    values = "continuous" if levels is None else f"{levels} levels"
    kind = "p(x), a single model"
    if served.two_stage is not None:
        kind = "p(x) in two stages, p(x~) of noised data and p(x|x~)"
    rows = {
        "Model": kind,
        "Data": f"{about.data or 'not recorded'}, {shape}, {values}",
        "License of the data": about.data_license
        or "not recorded; ask whoever provided the data",
    }
    if "num_classes" in metadata:
        names = metadata.get("class_names")
        shown = f": {', '.join(names)}" if names else ""
        rows["Classes"] = f"{metadata['num_classes']}{shown}"
    if "noise_scale" in metadata:
        kernel, scale = metadata["smoothing"], metadata["noise_scale"]
        rows["Noise of x~"] = f"{kernel}, standard deviation {scale:.4g}"
    for stage, model in served.trained.models.items():
        rows[f"Network of {stage}"] = _describe(model)
    rows["Size"] = f"{num_bytes / 1e6:.1f} MB"
    rows["Largest request"] = f"{metadata['max_samples']} rows"
    table = "\n".join(f"| {name} | {_escape(text)} |" for name, text in rows.items())
    likelihoods = "\n".join(f"- {_escape(line)}" for line in about.likelihoods)
    signatures = ", ".join(f"`{name}`" for name in metadata["signatures"])
    parts = [
        f"# A model of {_escape(about.data or 'data')}",
        f"| | |\n|---|---|\n{table}",
        "## Likelihood",
        likelihoods or "No evaluation of these weights is recorded.",
        "## Intended use",
        _USE,
        "## How to call it",
        f"Signatures: {signatures}. {METADATA_FILE} describes their inputs and outputs,"
        f" {WARMUP_FILE} has a request for each.",
    ]
    return "\n\n".join(parts) + "\n"


def draw_picture(served: Served, sample: Any, max_samples: int) -> np.ndarray | None:
    """Draws samples with a loaded signature and shows them.

    Args:
      served: what the SavedModel contains.
      sample: the loaded signature `sample`.
      max_samples: largest number of samples of a request.

    Returns:
      uint8 [height, width, c], or None for examples that cannot be shown.
    """
    number = min(_NUM_PICTURED, max_samples)
    label = {}
    if served.labels.spec:
        label["label"] = tf.fill([number], -1)
    drawn = sample(num_samples=tf.constant(number), seed=tf.constant(_SEED), **label)
    scale = served.unit.standardization
    names = None if scale is None else scale.columns
    kind = "baseline" if served.two_stage is None else "samples"
    pictures = picture_samples(None, {kind: drawn["samples"].numpy()}, names)
    return pictures.get(COLUMNS, pictures.get("points"))


def picture_link() -> str:
    """Returns the Markdown that shows the picture."""
    return f"\n## Samples\n\n![Samples of the model]({PICTURE_FILE})\n"


def _describe(model: DensityModel) -> str:
    return f"{type(model).__name__}, {model.count_params():,} weights"


def _escape(text: str) -> str:
    """Keeps names, which may hold anything, from breaking the table."""
    for character in "\\|`*_<>[]":
        text = text.replace(character, "\\" + character)
    return " ".join(text.split())
