"""The direction in which a metric improves, for metrics.json and tables."""

LOWER_IS_BETTER = "lower is better"
HIGHER_IS_BETTER = "higher is better"
HELD_OUT_IS_BEST = "best when equal to that of held-out data"

ARROWS = {LOWER_IS_BETTER: "↓", HIGHER_IS_BETTER: "↑", HELD_OUT_IS_BEST: "≈"}
