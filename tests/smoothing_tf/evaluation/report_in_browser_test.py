"""In a browser the report is whole on a phone and a desk, by day and by night."""

import numpy as np
import pytest

from smoothing_tf.evaluation.glossary import QUANTITIES
from smoothing_tf.evaluation.report import render_report
from smoothing_tf.sampling.pictures import image_grid, labeled_columns, png_bytes
from tests.smoothing_tf.evaluation.report_test import BOUND, DISTANCE, EXTRAPOLATED
from tests.testing.browser import look_at

KINDS = ("smoothed", "single_step", "samples", "baseline")


def _metrics():
    distances = {
        "value": 7.25,
        "n": 1000,
        "se": 0.031,
        "exact_copies": 0,
        "quantiles": {q: 7.25 for q in ("0.0", "0.05", "0.5", "0.95")},
    }
    metrics = {
        "bits_per_dim": BOUND,
        "bits_per_dim_iw": BOUND | {"k": 16, "draws": 16},
        "bits_per_dim_baseline": BOUND | {"bound": False, "k": None, "draws": None},
        "bits_per_dim_train": BOUND | {"split": "train"},
    }
    for kind in KINDS:
        for quantity in list(QUANTITIES)[2:-1]:
            metric = EXTRAPOLATED if "infinity" in quantity else DISTANCE
            metrics[f"{quantity}_randconv_{kind}"] = metric | {"samples": kind}
        metrics[f"nearest_training_distance_{kind}"] = distances | {
            "samples": kind,
            "held_out": distances,
            "direction": "best when equal to that of held-out data",
        }
    return metrics


@pytest.mark.large
def test_the_report_is_whole_at_every_width_and_in_both_schemes(tmp_path):
    rng = np.random.default_rng(0)
    images = rng.integers(0, 256, (36, 28, 28, 1), dtype=np.uint8)
    grid = png_bytes(image_grid(images, 6))
    groups = {kind: images for kind in ("real", *KINDS)}
    rows = [
        {"step": s, "train_bits_per_dim": 4.0, "validation_bits_per_dim": 4.1}
        for s in (1, 2)
    ]
    html = render_report(
        title="a_data_set_whose_name_is_longer_than_the_screen_of_any_phone",
        metrics=_metrics(),
        pictures={kind: grid for kind in KINDS},
        wide_pictures={"Side by side": png_bytes(labeled_columns(groups))},
        neighbors={kind: grid for kind in KINDS[1:]},
        header={
            "Data": "made up: 28 × 28 × 1, 256 levels; 55,000 training examples",
            "Stage smoothed": "PixelCNNpp, 312,345 parameters, trained for 5,000 steps",
            "Blessed": "No. The bound is above --max_bits_per_dim=2.5.",
        },
        is_blessed=False,
        histories={"smoothed": rows, "reverse": rows},
        flags_text="--data_dir=/" + "long/" * 40,
        facts={"seed": 0, "sha256": "0123456789abcdef" * 4},
    )
    path = tmp_path / "report.html"
    path.write_text(html)
    look_at(path, tmp_path)
