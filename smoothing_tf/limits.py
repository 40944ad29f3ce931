"""Largest values of settings that more than one part of the library limits."""

# Seeds are int32; a larger one would name the same stream as a smaller one.
MAX_SEED = 2**31 - 1
# Samples are written and served as uint8.
MAX_LEVELS = 256
