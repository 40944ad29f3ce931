"""The one rule of the house that import-linter cannot express."""

import pathlib
import re

from smoothing_tf.checkout import PACKAGES

ROOT = pathlib.Path(__file__).resolve().parents[1]

# The parts of TensorFlow Probability that build Keras 2 layers.
_KERAS_2 = re.compile(
    r"""
    (tfp|tensorflow_probability(\.python)?)(\.|\ import\ )layers\b
    | (tfd|distributions)(\.|\ import\ )PixelCNN\b
    | (tfb|bijectors)(\.|\ import\ )masked_dense\b
    | AutoregressiveNetwork
    | masked_autoregressive_default_template
    | real_nvp_default_template
    """,
    re.VERBOSE,
)


def test_nothing_of_tfp_that_is_made_of_keras_2_layers_is_used():
    for package in PACKAGES:
        for path in (ROOT / package).rglob("*.py"):
            found = _KERAS_2.search(path.read_text())
            assert found is None, f"{path}: {found[0]}"
    assert _KERAS_2.search("tfd.PixelCNN(event_shape)")
    assert _KERAS_2.search("from tensorflow_probability import layers as tfpl")
