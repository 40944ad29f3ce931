"""Features of a small classifier of the data's own classes, which reflect semantics."""

import hashlib
from collections.abc import Mapping

import keras
import numpy as np
import tensorflow as tf
import tqdm

from smoothing_tf.data.channels import check_images
from smoothing_tf.data.image_view import Images
from smoothing_tf.evaluation.extractors.extractor import Extractor
from smoothing_tf.evaluation.extractors.images import (
    ExtractorInputs,
    MissingInputError,
    map_batches,
)
from smoothing_tf.seeds import derive_seed

_BATCH_SIZE = 256
_TRAINING_BATCH_SIZE = 64
_NUM_FEATURES = 64


class Classifier(Extractor):
    """A small convolutional classifier, trained on construction.

    It tells classes apart and barely notices pixel noise, unlike `randconv`. Its sha256
    is that of the trained weights.

    Args:
      images_uint8: uint8 [n, h, w, c].
      labels: integers [n], 0, ..., num_classes - 1.
      seed: the run's seed.
      num_steps: training steps of 64 images.
      weights: weights of an earlier training, as `weights` returns them; None trains.
      progress: whether to show a progress bar.

    Raises:
      MissingInputError: all labels are of one class, or some are not from 0 to
        len(labels) - 1.
      ValueError: there is not one label for every image.
    """

    id = "classifier"
    preprocessing = "uint8 / 127.5 - 1; not resized"

    def __init__(
        self,
        images_uint8: Images,
        labels: np.ndarray,
        *,
        seed: int = 0,
        num_steps: int = 600,
        weights: Mapping[str, np.ndarray] | None = None,
        progress: bool = False,
    ):
        labels = np.asarray(labels, np.int64)
        check_images(images_uint8[:1])
        _check_labels(labels, len(images_uint8))
        self.num_classes = int(labels.max()) + 1
        seeds = [int(derive_seed(seed, "classifier", i)[0]) for i in range(5)]
        self._model = _network(images_uint8.shape[1:], self.num_classes, seeds)
        if weights is None:
            # Positions rather than images: a split may be too large to be shuffled.
            batches = (
                tf.data.Dataset.range(len(labels))
                .shuffle(len(labels), seed=seeds[-1])
                .repeat()
                .batch(_TRAINING_BATCH_SIZE)
                .take(num_steps)
            )
            schedule = keras.optimizers.schedules.CosineDecay(2e-3, num_steps)
            train_step = _train_step(self._model, keras.optimizers.Adam(schedule))
            for batch in tqdm.tqdm(
                batches.as_numpy_iterator(),
                desc="training the classifier",
                total=num_steps,
                unit="step",
                delay=2,
                disable=not progress,
            ):
                train_step(images_uint8[batch], labels[batch])
        else:
            self._model.set_weights([weights[name] for name in sorted(weights)])
        digest = hashlib.sha256()
        for array in self.weights().values():
            digest.update(array.astype("<f4").tobytes())
        self.sha256 = digest.hexdigest()
        self._apply = tf.function(self._model, autograph=False)

    @classmethod
    def build(cls, inputs: ExtractorInputs) -> "Classifier":
        """Trains on the labeled training split.

        Raises:
          MissingInputError: the data has no labels, or none that can be learned.
        """
        if inputs.training_labels is None:
            raise MissingInputError(
                "The extractor classifier needs labeled data; use randconv or"
                " inception."
            )
        return cls(
            inputs.training_images,
            inputs.training_labels,
            seed=inputs.seed,
            weights=inputs.weights,
            progress=inputs.progress,
        )

    def weights(self) -> Mapping[str, np.ndarray]:
        """Returns the weights in the order of the network's layers."""
        arrays = self._model.get_weights()
        return {f"{number:03}": array for number, array in enumerate(arrays)}

    def features_and_logits(
        self, images_uint8: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray]:
        """Returns (features float32 [n, 64], logits float32 [n, num_classes])."""
        features, logits = map_batches(self._apply, images_uint8, _BATCH_SIZE)
        return features, logits


def _check_labels(labels: np.ndarray, num_images: int) -> None:
    if labels.shape != (num_images,):
        raise ValueError(
            f"`labels` must be one integer for each of {num_images} images; got shape"
            f" {labels.shape}."
        )
    # A class beyond the number of images is a code, e.g. -1 for a hidden label.
    if labels.min() < 0 or labels.max() >= num_images:
        raise MissingInputError(
            f"`labels` of the training split must be from 0 to {num_images - 1} for the"
            f" extractor classifier; got {labels.min()} to {labels.max()}. Use randconv"
            " or inception."
        )
    if labels.min() == labels.max():
        raise MissingInputError(
            "The extractor classifier needs training labels of at least two classes;"
            f" all are {labels[0]}. Use randconv or inception."
        )


def _network(shape: tuple[int, ...], num_classes: int, seeds: list[int]) -> keras.Model:
    def options(layer: int) -> dict:
        # Initializers with seeds of their own leave the global seed alone.
        return {"kernel_initializer": keras.initializers.HeNormal(seed=seeds[layer])}

    images = keras.Input(shape, dtype="uint8")
    x = keras.layers.Rescaling(1.0 / 127.5, offset=-1.0)(images)
    x = keras.layers.Conv2D(32, 3, padding="same", activation="relu", **options(0))(x)
    x = keras.layers.Conv2D(
        64, 3, strides=2, padding="same", activation="relu", **options(1)
    )(x)
    x = keras.layers.MaxPooling2D(2, padding="same")(x)
    x = keras.layers.Flatten()(x)
    features = keras.layers.Dense(_NUM_FEATURES, activation="relu", **options(2))(x)
    logits = keras.layers.Dense(num_classes, **options(3))(features)
    return keras.Model(images, (features, logits))


def _train_step(model: keras.Model, optimizer: keras.Optimizer):
    optimizer.build(model.trainable_variables)

    @tf.function(reduce_retracing=True, autograph=False)
    def step(images: tf.Tensor, labels: tf.Tensor) -> None:
        with tf.GradientTape() as tape:
            _, logits = model(images, training=True)
            losses = tf.nn.sparse_softmax_cross_entropy_with_logits(labels, logits)
            loss = tf.reduce_mean(losses)
        gradients = tape.gradient(loss, model.trainable_variables)
        optimizer.apply_gradients(zip(gradients, model.trainable_variables))

    return step
