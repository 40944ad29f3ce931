"""Digits and words of the lines that a command prints."""

from smoothing_tf.evaluation.headline import headline


def metric(**values):
    about = {"se": None, "bound": True, "n": 300, "split": "test", "k": 1}
    return {"value": 1.93456, **about, **values}


def test_digits_are_those_that_the_standard_error_supports():
    metrics = {"bits_per_dim": metric(se=0.0234), "other": metric()}
    assert headline(metrics) == (
        "bits_per_dim <= 1.93 +- 0.02 (300 test examples, K = 1; lower is better)"
    )


def test_a_likelihood_that_is_not_a_bound_is_an_equality():
    metrics = {"nll_baseline": metric(se=12.3, value=-123.4, bound=False)}
    assert headline(metrics) == (
        "nll_baseline = -123 +- 12 (300 test examples; lower is better)"
    )


def test_a_missing_value_gives_its_reason():
    metrics = {"bits_per_dim": metric(value=None, reason="The split is empty.")}
    assert headline(metrics) == "bits_per_dim: The split is empty."


def test_one_example_says_why_it_has_no_error():
    metrics = {"nll_baseline": metric(n=1, bound=False, se_reason="One has none.")}
    assert headline(metrics) == (
        "nll_baseline = 1.93 (1 test example; one has none; lower is better)"
    )


def test_few_effective_draws_are_reported():
    effective = {"value": 1.2, "warning": "It rests on one draw."}
    metrics = {"nll_iw": metric(se=0.1, k=8, effective_sample_size=effective)}
    assert headline(metrics).endswith("better)\nIt rests on one draw.")
    del effective["warning"]
    assert "rests" not in headline(metrics)


def test_overfitting_is_reported():
    train = {"overfitting": {"found": True, "statement": "Overfitting: much."}}
    metrics = {"bits_per_dim": metric(se=0.02), "bits_per_dim_train": train}
    assert headline(metrics).endswith("\nOverfitting: much.")
    train["overfitting"]["found"] = False
    assert "Overfitting" not in headline(metrics)
