"""Features of the Inception network, from a SavedModel that the user provides."""

import hashlib
import pathlib

import numpy as np
import tensorflow as tf

from smoothing_tf import artifacts
from smoothing_tf.evaluation.extractors.extractor import Extractor
from smoothing_tf.evaluation.extractors.images import (
    ExtractorInputs,
    MissingInputError,
    as_color,
    map_batches,
)

_SIGNATURE = "serving_default"
_OUTPUTS = ("pool_3", "logits")
IMAGE_SIZE = 299
# Written beside the SavedModel by its import: the digest of the graph.
ORIGIN_FILE = "origin.json"
_BATCH_SIZE = 32


class Inception(Extractor):
    """The 2015-12-05 Inception graph: the only features a FID is computed from.

    Args:
      directory: a SavedModel with the signature `serving_default` of one float32
        argument [n, 299, 299, 3] on [-1, 1] and the outputs `pool_3`
        ([n, 2048] or [n, 1, 1, 2048]) and `logits` [n, num_classes].

    Raises:
      FileNotFoundError: there is no SavedModel.
      ValueError: it has another signature.
    """

    id = "inception"
    preprocessing = (
        "grey repeated to 3 channels; bilinear to 299 x 299 without half-pixel"
        " centers, as the 2015 graph; (x - 128) / 128"
    )

    def __init__(self, directory: str):
        path = pathlib.Path(directory)
        if not (path / artifacts.SAVED_MODEL_FILE).is_file():
            raise FileNotFoundError(
                f"`--inception_dir` must name a SavedModel; there is none in {path}."
            )
        self._module = tf.saved_model.load(directory)
        signature = self._module.signatures.get(_SIGNATURE)
        inputs = signature.structured_input_signature[1] if signature else {}
        outputs = signature.structured_outputs if signature else {}
        if len(inputs) != 1 or not set(_OUTPUTS) <= set(outputs):
            raise ValueError(
                f"`--inception_dir` must have a signature {_SIGNATURE} of one argument "
                f"with the outputs {' and '.join(_OUTPUTS)}; got the arguments "
                f"{sorted(inputs)} and the outputs {sorted(outputs)}."
            )
        (self._argument,) = inputs
        self._signature = signature
        self.sha256 = _sha256(path)
        if (path / ORIGIN_FILE).is_file():
            origin = artifacts.read_json(path / ORIGIN_FILE)
            self.graph_sha256 = origin["graph_sha256"]
        self._apply = tf.function(self._network, autograph=False)

    @classmethod
    def build(cls, inputs: ExtractorInputs) -> "Inception":
        """Loads the SavedModel.

        Raises:
          MissingInputError: no directory is given, or the images are neither grey nor
            color.
        """
        if inputs.inception_dir is None:
            raise MissingInputError(
                "`--inception_dir` must name a SavedModel of the Inception graph for "
                "the extractor inception; got none."
            )
        num_channels = inputs.training_images.shape[-1]
        if num_channels not in (1, 3):
            raise MissingInputError(
                "The extractor inception sees grey or color images; these have"
                f" {num_channels} channels. Use randconv or classifier."
            )
        return cls(inputs.inception_dir)

    def features_and_logits(
        self, images_uint8: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray]:
        """Returns (features float32 [n, 2048], logits float32 [n, num_classes])."""
        features, logits = map_batches(self._apply, images_uint8, _BATCH_SIZE)
        return features, logits

    def _network(self, images: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        outputs = self._signature(**{self._argument: preprocess(images)})
        features, logits = (outputs[name] for name in _OUTPUTS)
        return tf.reshape(features, [tf.shape(features)[0], -1]), logits


def preprocess(images: tf.Tensor) -> tf.Tensor:
    """Resizes and scales as the 2015 graph did, bit for bit.

    Args:
      images: uint8 [n, h, w, c], c of 1 or 3.

    Returns:
      float32 [n, 299, 299, 3]: bilinear without half-pixel centers (the modern
      bilinear is 10 grey levels away on average), then (x - 128) / 128.
    """
    resized = tf.compat.v1.image.resize_bilinear(
        as_color(images),
        [IMAGE_SIZE, IMAGE_SIZE],
        align_corners=False,
        half_pixel_centers=False,
    )
    return (resized - 128.0) / 128.0


def _sha256(directory: pathlib.Path) -> str:
    digest = hashlib.sha256()
    for path in sorted(directory.rglob("*")):
        # The fingerprint is random in every export and not part of the network.
        if path.is_file() and path.name != "fingerprint.pb":
            digest.update(str(path.relative_to(directory)).encode())
            digest.update(path.read_bytes())
    return digest.hexdigest()
