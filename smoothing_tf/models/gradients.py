"""The gradients by which `single_step_denoise` can denoise."""

GRADIENTS = ("exact", "truncated")
