"""Serving: SavedModels for TensorFlow Serving."""

from typing import TYPE_CHECKING

from smoothing_tf.lazy_names import import_when_used

if TYPE_CHECKING:
    from smoothing_tf.serving.about import About
    from smoothing_tf.serving.layout import next_version
    from smoothing_tf.serving.saved_model import export_saved_model
    from smoothing_tf.serving.verification import verify_saved_model

__all__ = ["About", "export_saved_model", "next_version", "verify_saved_model"]

import_when_used(__name__)
