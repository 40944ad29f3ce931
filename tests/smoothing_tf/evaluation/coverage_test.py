"""Nominal 95 % intervals cover their targets about that often."""

import os
import time

import pytest

from tests.testing import coverage


def test_the_closed_form_of_the_kernel_distance_is_the_mean_of_estimates():
    case = coverage.Case("kernel distance", 100, 8, 100, "away")
    values = coverage._replicate(case, range(200))[:, 0]
    expected = coverage._true_kernel_distance(case)
    assert abs(values.mean() - expected) < 4.0 * values.std() / 200**0.5


def test_an_interval_that_is_too_short_does_not_hold():
    case = coverage.Case("mean over examples", 200, 8)
    results = coverage._replicate(case, range(200))
    assert coverage._summarize(case, results).holds
    results[:, 1] /= 2.0
    assert not coverage._summarize(case, results).holds
    results[:, 1] *= 6.0
    assert not coverage._summarize(case, results).holds


@pytest.mark.large
@pytest.mark.parametrize("kind", coverage.KINDS)
def test_coverage_of_every_interval(kind, capsys):
    start = time.monotonic()
    cases = [case for case in coverage.cases() if case.kind == kind]
    rows = list(coverage.simulate(cases, workers=os.cpu_count() or 1))
    minutes = (time.monotonic() - start) / 60.0
    with capsys.disabled():
        print(f"\n{coverage.to_markdown(rows)}\n\n{minutes:.0f} minutes")
    assert all(row.replicates >= 400 for row in rows)
    assert not [row for row in rows if not row.holds]
