"""The names of the distribution strategies, the keys of `strategies.STRATEGIES`."""

STRATEGY_NAMES = ("auto", "one_device", "mirrored", "multi_worker")
