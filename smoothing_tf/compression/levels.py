"""The levels of the data that can be compressed."""

# Levels are restored as uint16.
MAX_NUM_LEVELS = 65_536


def check_num_levels(num_levels: int | None) -> int:
    """Returns the number of levels of the data, which images are coded as.

    Raises:
      ValueError: the data have none, or too many.
    """
    if num_levels is None:
        raise ValueError(
            "Vectors of real numbers cannot be compressed without loss: a density gives"
            " no probabilities, and so no code lengths, until values are rounded to"
            " levels. Use a run on images."
        )
    if num_levels > MAX_NUM_LEVELS:
        raise ValueError(
            f"Data of at most {MAX_NUM_LEVELS:,} levels can be compressed; this run has"
            f" {num_levels:,}."
        )
    return num_levels
