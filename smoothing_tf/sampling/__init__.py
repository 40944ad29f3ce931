"""Drawing samples, denoising and inpainting with trained models, and their pictures."""

from smoothing_tf.sampling.restoration import denoise_images, inpaint_images
from smoothing_tf.sampling.samples import draw_samples

__all__ = ["denoise_images", "draw_samples", "inpaint_images"]
