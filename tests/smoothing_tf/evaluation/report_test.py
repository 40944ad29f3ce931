import re

import numpy as np

from smoothing_tf.evaluation.overfitting import overfitting
from smoothing_tf.evaluation.report import render_report
from smoothing_tf.sampling.pictures import image_grid, png_bytes

BOUND = {
    "value": 3.53214,
    "se": 0.0241,
    "n": 100,
    "bound": True,
    "k": 1,
    "draws": 2,
    "split": "test",
    "unit": "bits per dimension",
    "terms": {"smoothed": 2.5, "reverse": 1.53214, "noise": -0.5},
    "terms_se": {"smoothed": 0.031, "reverse": 0.042, "noise": 0.053},
    "direction": "lower is better",
}
DISTANCE = {
    "value": 12.3456,
    "se": 0.5,
    "n": 100,
    "samples": "samples",
    "extractor": {
        "id": "randconv",
        "sha256": "abc123",
        "preprocessing": "not resized",
    },
    "reference_split": "train",
    "n_reference": 1347,
    "rank_deficient": True,
    "direction": "lower is better",
    "target": "expectation at this n",
    "floor": {
        "value": 1.5,
        "quantiles": {"0.05": 1.25, "0.5": 1.5, "0.95": 1.875},
        "repeats": 20,
        "n": 50,
        "value_at_n": 13.04,
        "se_at_n": 0.7,
    },
    "held_out": {"value": 2.54, "se": 0.06, "n": 40},
}
PRECISION = DISTANCE | {
    "value": 0.75,
    "se": None,
    "se_reason": "The images share balls.",
    "direction": "higher is better",
    "rank_deficient": False,
}
MISSING = {
    "value": None,
    "se": None,
    "n": None,
    "samples": "samples",
    "extractor": {"id": "inception", "sha256": None, "preprocessing": None},
    "reason": "`--inception_dir` must name a SavedModel.",
}


def _render(**changes):
    arguments = {
        "title": "tiny",
        "metrics": {"bits_per_dim": BOUND, "fd_randconv": DISTANCE, "fid": MISSING},
        "pictures": {
            "Real data": png_bytes(image_grid(np.zeros((4, 8, 8, 1), np.uint8), 2))
        },
        "histories": {"smoothed": [{"step": 1, "train_bits_per_dim": 4.0}]},
        "flags_text": "--seed=0\n",
        "facts": {"seed": 0},
    }
    return render_report(**(arguments | changes))


def _text(html):
    body = html[html.index("<body>") :]
    return re.sub(r"\s+", " ", re.sub("<[^>]*>", " ", body))


def test_bound_is_headlined_with_its_error_and_sign():
    text = _text(_render())
    assert "≤ 3.53 ± 0.02" in text
    assert "bits per dimension" in text
    assert "test split, n = 100, K = 1, 2 draws" in text


def test_few_effective_draws_are_a_warning():
    effective = {"value": 1.432, "se": 0.021, "k": 16, "warning": "Few draws."}
    weighted = BOUND | {"k": 16, "draws": 16, "effective_sample_size": effective}
    html = _render(metrics={"bits_per_dim_iw": weighted})
    assert "K = 16, 1.43 ± 0.02 effective draws of 16" in _text(html)
    assert '<p class="warning">Few draws.</p>' in html
    del effective["warning"]
    assert "Few draws" not in _render(metrics={"bits_per_dim_iw": weighted})


def test_exact_likelihood_has_no_bound_sign():
    baseline = BOUND | {"bound": False, "k": None, "draws": None, "terms": {}}
    text = _text(_render(metrics={"bits_per_dim_baseline": baseline}))
    assert "3.53 ± 0.02" in text
    assert "≤ 3.53" not in text


def test_terms_metrics_floors_and_extractors_are_in_the_tables():
    text = _text(_render())
    for words in (
        "2.50 ± 0.03",
        "1.53 ± 0.04",
        "−0.50 ± 0.05",
        "Sum: the bound, n = 100",
        "12.3 ± 0.5",
        "1.50 1.25 to 1.88 (50)",
        "13.0 ± 0.7",
        "2.54 ± 0.06 (40)",
        "estimates the expectation at this n",
        "rank deficient",
        "abc123",
        "Reference: 1347 images of the train split. Pixels: not resized.",
    ):
        assert words in text, words


def test_every_metric_has_a_direction_and_an_error_or_a_reason():
    metrics = {"fd_randconv": DISTANCE}
    for kind in ("samples", "baseline"):
        for name in ("precision", "recall"):
            metrics[f"{name}_randconv_{kind}"] = PRECISION | {"samples": kind}
    text = _text(_render(metrics=metrics))
    assert "Fréchet distance ↓" in text
    assert "Precision ↑" in text
    assert "↓ lower is better, ↑ higher is better" in text
    reason = "Precision, Recall: no standard error. The images share balls."
    assert text.count(reason) == text.count("The images share balls.") == 1


def test_one_example_says_that_it_has_no_error():
    one = BOUND | {"n": 1, "se": None, "terms_se": {}, "se_reason": "One has none."}
    assert "n = 1, K = 1, 2 draws, One has none." in _text(
        _render(metrics={"bits_per_dim": one})
    )


def test_overfitting_is_stated_with_both_numbers():
    train = BOUND | {"value": 3.2, "se": 0.0218, "split": "train"}
    train["overfitting"] = overfitting(BOUND, train)
    metrics = {"bits_per_dim": BOUND, "bits_per_dim_train": train}
    text = _text(_render(metrics=metrics))
    assert "Overfitting: the bound on training data is more than 3 standard" in text
    assert "3.20 ± 0.02 on training data, 3.53 ± 0.02 on held-out data" in text


def test_metric_that_could_not_be_computed_says_why():
    assert "--inception_dir" in _text(_render())
    broken = BOUND | {"value": None, "se": None, "terms": {}, "reason": "It is NaN."}
    assert "It is NaN." in _text(_render(metrics={"bits_per_dim": broken}))


def test_every_reason_is_given_once_next_to_the_available_numbers():
    fewer = [
        MISSING | {"extractor": DISTANCE["extractor"], "reason": reason}
        for reason in ("Reason one.", "Reason one.", "Reason two.")
    ]
    names = ("fd_randconv_single_step", "kid_randconv_single_step", "fd_randconv_x")
    text = _text(_render(metrics={**dict(zip(names, fewer)), "fd_randconv": DISTANCE}))
    assert text.count("Not for all samples. Reason one.") == 1
    assert text.count("Not for all samples. Reason two.") == 1
    assert "12.3 ± 0.5" in text and "abc123" in text


def test_density_of_noised_data_is_labeled_as_a_density():
    smoothed = BOUND | {"bound": False, "k": None, "draws": 1, "terms": {}}
    missing = BOUND | {"value": None, "se": None, "terms": {}, "reason": "No reverse."}
    metrics = {"bits_per_dim": missing, "bits_per_dim_smoothed": smoothed}
    text = _text(_render(metrics=metrics))
    assert "a density" in text and "n = 100, 1 draw" in text
    assert "No reverse." in text
    assert "≤ 3.53" not in text


def test_comparisons_without_a_value_are_left_out():
    held_out = {"value": None, "n": None, "reason": "None is held out."}
    distances = {
        "value": 1.0,
        "samples": "samples",
        "n": 9,
        "se": 0.031,
        "exact_copies": 0,
        "quantiles": {q: 1.0 for q in ("0.0", "0.05", "0.5", "0.95")},
        "held_out": held_out,
    }
    text = _text(
        _render(
            metrics={
                "fd_randconv": DISTANCE | {"held_out": held_out},
                "nearest_training_distance": distances,
            }
        )
    )
    assert "two-step samples 9 0 1.00 1.00 1.00 ± 0.03 1.00" in text
    assert "held-out real images" not in text


def test_a_median_of_few_distances_says_why_it_has_no_error():
    few = {
        "value": 1.0,
        "se": None,
        "se_reason": "3 distances are too few for an error.",
        "samples": "samples",
        "n": 3,
        "exact_copies": 0,
        "quantiles": {q: 1.0 for q in ("0.0", "0.05", "0.5", "0.95")},
        "held_out": {"value": None},
    }
    text = _text(_render(metrics={"nearest_training_distance": few}))
    assert "two-step samples, median: no standard error. 3 distances" in text


def test_nothing_is_loaded_from_elsewhere():
    html = _render()
    sources = re.findall(r'(?:src|href|url\()\s*=?\s*["\']?([^"\')\s>]*)', html)
    pictures = [source for source in sources if source.startswith("data:image/")]
    assert len(pictures) == 2
    others = set(sources) - set(pictures) - {"data:,"}
    # Links to places on the page, which are there.
    for other in others:
        assert other[0] == "#" and f'id="{other[1:]}"' in html, other
    assert "http" not in html
    assert "<script" not in html


def test_text_is_escaped():
    html = _render(flags_text="--data_dir=<b>&", title="<i>")
    assert "--data_dir=&lt;b&gt;&amp;" in html
    assert "<i>" not in html


def test_empty_report_still_renders():
    html = _render(metrics={}, pictures={}, histories={"smoothed": []}, flags_text="")
    assert "Configuration" in html


def _render_without_curves(**changes):
    return _render(histories={}, **changes)


def test_the_header_says_what_was_trained_and_whether_it_is_blessed():
    html = _render_without_curves(
        header={"Noise": "Gaussian", "Blessed": "No. Why."}, is_blessed=False
    )
    assert "Noise Gaussian Blessed No. Why." in _text(html)
    assert html.index("Why.") < html.index("bits per dimension")
    assert '<dd class="not-blessed">' in html
    assert '<dd class="blessed">' in _render_without_curves(
        header={"Blessed": "Yes."}, is_blessed=True
    )


def test_every_number_of_the_page_is_explained_once():
    metrics = {"bits_per_dim": BOUND, "fd_randconv": DISTANCE, "fid": MISSING}
    metrics["recall_randconv_baseline"] = PRECISION | {"samples": "baseline"}
    html = _render_without_curves(metrics=metrics)
    assert re.findall('id="about-([a-z_]*)"', html) == ["bits_per_dim", "fd", "recall"]
    assert "Recall ↑ The share of real images that lie among samples" in _text(html)


def test_colors_follow_the_reader_and_tables_scroll_in_boxes():
    html = _render_without_curves()
    assert "color-scheme: light dark" in html
    assert "(prefers-color-scheme: dark)" in html
    assert html.count("<table") == len(
        re.findall(r'<div class="scroll">\s*<table', html)
    )


def test_samples_stand_next_to_their_nearest_training_images():
    picture = png_bytes(image_grid(np.zeros((4, 8, 8, 1), np.uint8), 2))
    html = _render_without_curves(
        neighbors={"Samples": picture}, wide_pictures={"Columns": picture}
    )
    assert 'alt="Samples, next to their nearest training images"' in html
    assert '<div class="scroll"><img class="columns"' in html
    assert "nearest to the training data" not in _render_without_curves()


EXTRAPOLATED = {
    name: DISTANCE[name]
    for name in ("samples", "extractor", "reference_split", "n_reference", "direction")
} | {
    "value": 11.04,
    "se": 0.6,
    "n": 100,
    "target": "value at infinite n (linear in 1/n)",
    "line": {
        "slope": 1.3,
        "shares": [1.0, 0.9, 0.8, 0.5],
        "distances": [12.3456, 12.49, 12.66, 13.7],
        "num_fitted": 3,
    },
}


def test_an_extrapolated_distance_is_a_row_and_a_plot():
    metrics = {"fd_infinity_randconv": EXTRAPOLATED, "fd_randconv": DISTANCE}
    html = _render(metrics=metrics)
    text = _text(html)
    assert "Fréchet distance, extrapolated ↓ estimates the value at infinite n" in text
    assert text.index("12.3 ± 0.5") < text.index("11.0 ± 0.6")
    alternative = 'alt="Fréchet distance against the number of images"'
    assert html.count(alternative) == 1
    assert alternative not in _render(metrics={"fd_randconv": DISTANCE})


def test_a_distance_that_is_not_extrapolated_says_why_and_leaves_the_others():
    missing = EXTRAPOLATED | {"value": None, "se": None, "reason": "Too few images."}
    metrics = {
        "fd_randconv": DISTANCE,
        "fd_infinity_randconv": missing,
        "fd_infinity_randconv_baseline": missing | {"samples": "baseline"},
    }
    text = _text(_render(metrics=metrics))
    assert text.count("Too few images.") == 1
    assert "Not for all samples" not in text
    assert "12.3 ± 0.5" in text
