"""Drawing samples, denoising and inpainting with trained models, and their pictures."""

from typing import TYPE_CHECKING

from smoothing_tf.lazy_names import import_when_used

if TYPE_CHECKING:
    from smoothing_tf.sampling.restoration import denoise_images, inpaint_images
    from smoothing_tf.sampling.samples import draw_samples

__all__ = ["denoise_images", "draw_samples", "inpaint_images"]

import_when_used(__name__)
