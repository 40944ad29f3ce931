"""How often the intervals that are printed cover their targets, by simulation.

Every interval is value +- quantile x standard error at a nominal 95 %, computed by the
library's own functions from fresh data in each replicate.
"""

import concurrent.futures
import dataclasses
import multiprocessing
import os
from collections.abc import Callable, Iterable
from typing import Any
from unittest import mock

import numpy as np
import scipy.stats

from experiments.report.table import Measurement
from smoothing_tf.evaluation.frechet import MomentsAccumulator, frechet_jackknife
from smoothing_tf.evaluation.frechet_extrapolation import extrapolate_frechet
from smoothing_tf.evaluation.inception_score import inception_score
from smoothing_tf.evaluation.kernel_distance import kernel_distance
from smoothing_tf.evaluation.likelihood import paired_difference
from smoothing_tf.evaluation.nearest_neighbors import median_error
from smoothing_tf.evaluation.overfitting import overfitting

EXTRAPOLATED = "Frechet distance, extrapolated"
_NORMAL = scipy.stats.norm.ppf(0.975)
_CHUNK = 25
# Regime -> mean in every dimension and standard deviation of the samples; those of the
# reference are 0 and 1.
_REGIMES = {"equal": (0.0, 1.0), "near": (0.2, 1.0), "away": (0.5, 1.3)}


@dataclasses.dataclass(frozen=True)
class Case:
    """One row of the table.

    Attributes:
      kind: a key of KINDS.
      n: number of samples.
      d: number of features, of dimensions or of classes.
      n_reference: number of reference rows; 0 where there are none.
      regime: a key of _REGIMES, or "" where there is nothing to be equal to.
    """

    kind: str
    n: int
    d: int
    n_reference: int = 0
    regime: str = ""

    @property
    def replicates(self) -> int:
        """400 of the distances, which take long, and 2000 of all others."""
        return 400 if self.n_reference else 2000


def cases() -> list[Case]:
    """All rows of the table."""
    rows = []
    for kind in ("Frechet distance", "kernel distance"):
        for d in (8, 64):
            for n in (200, 1000, 10_000):
                # All pairs of 10,000 rows on both sides would take hours.
                is_long = kind == "kernel distance" and n == 10_000
                rows += [
                    Case(kind, n, d, 1000 if is_long else n, regime)
                    for regime in _REGIMES
                ]
    rows += [
        Case(EXTRAPOLATED, share * d, d, ratio * share * d, regime)
        for d in (8, 64)
        for share in (5, 20)
        for ratio in (1, 4)
        for regime in _REGIMES
    ]
    for kind in (
        "inception score",
        "nearest distance, median",
        "mean over examples",
        "paired difference",
        "difference of two sets",
    ):
        rows += [Case(kind, n, d) for d in (8, 64) for n in (200, 1000, 10_000)]
    rows += [Case("mean over runs", n, 1) for n in (3, 5, 10)]
    return rows


@dataclasses.dataclass(frozen=True)
class Coverage:
    """The results of the replicates of a case.

    Attributes:
      case: the case.
      replicates: number of replicates.
      coverage: share of the intervals that cover the target.
      ratio: mean standard error over the standard deviation of the values.
    """

    case: Case
    replicates: int
    coverage: float
    ratio: float

    @property
    def holds(self) -> bool:
        """Whether a nominal 95 % covers 92 to 98 %, around equality at least 92 %."""
        is_around_equality = self.case.regime in ("equal", "near")
        return 0.92 <= self.coverage <= (1.0 if is_around_equality else 0.98)


def simulate(cases: Iterable[Case], workers: int) -> Iterable[Coverage]:
    """Runs cases in processes of one thread each."""
    # Read when numpy is imported, in each process.
    threads = {name: "1" for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS")}
    with mock.patch.dict(os.environ, threads):
        pool = concurrent.futures.ProcessPoolExecutor(
            workers, multiprocessing.get_context("spawn")
        )
        with pool:
            pending = {
                case: [
                    pool.submit(_replicate, case, range(start, start + _CHUNK))
                    for start in range(0, case.replicates, _CHUNK)
                ]
                for case in cases
            }
            for case, futures in pending.items():
                results = np.concatenate([future.result() for future in futures])
                yield _summarize(case, results)


def to_markdown(rows: Iterable[Coverage]) -> str:
    """The table."""
    lines = [
        "| interval | target | n | reference | d | distributions | replicates |"
        " coverage | mean se / spread |",
        "|---|---|---:|---:|---:|---|---:|---:|---:|",
    ]
    for row in rows:
        case = row.case
        reference = f"{case.n_reference:,}" if case.n_reference else ""
        cells = (
            case.kind,
            KINDS[case.kind].target,
            f"{case.n:,}",
            reference,
            str(case.d),
            case.regime,
            f"{row.replicates:,}",
            f"{100 * row.coverage:.1f} %",
            f"{row.ratio:.2f}",
        )
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def _summarize(case: Case, results: np.ndarray) -> Coverage:
    values, errors, quantiles = results.T
    target = KINDS[case.kind].true_value(case)
    if target is None:
        target = values.mean()
    covered = np.abs(values - target) <= quantiles * errors
    ratio = errors.mean() / np.std(values, ddof=1)
    return Coverage(case, len(values), float(covered.mean()), float(ratio))


def _replicate(case: Case, numbers: range) -> np.ndarray:
    """(value, standard error, quantile) of each replicate."""
    results = []
    for number in numbers:
        # Regimes whose names are equally long share their noise, which does no harm: a
        # row is judged by itself.
        names = (list(KINDS).index(case.kind), case.n, case.d, len(case.regime), number)
        rng = np.random.Generator(np.random.PCG64(names))
        results.append(KINDS[case.kind].draw(case, rng))
    return np.array(results)


def _two_sets(case: Case, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    mean, scale = _REGIMES[case.regime]
    reference = rng.normal(size=(case.n_reference, case.d))
    return reference, mean + scale * rng.normal(size=(case.n, case.d))


def _blocks(case: Case, rng: np.random.Generator) -> list[list[MomentsAccumulator]]:
    return [
        [MomentsAccumulator().update(block) for block in np.array_split(x, 10)]
        for x in _two_sets(case, rng)
    ]


def _frechet(case: Case, rng: np.random.Generator) -> tuple[float, float, float]:
    return _student(frechet_jackknife(*_blocks(case, rng)))


def _extrapolated(case: Case, rng: np.random.Generator) -> tuple[float, float, float]:
    return _student(extrapolate_frechet(*_blocks(case, rng)))


def _true_frechet_distance(case: Case) -> float:
    """d (mean^2 + (scale - 1)^2)."""
    mean, scale = _REGIMES[case.regime]
    return case.d * (mean**2 + (scale - 1.0) ** 2)


def _student(estimate: Any) -> tuple[float, float, float]:
    quantile = scipy.stats.t.ppf(0.975, estimate.degrees_of_freedom)
    return estimate.value, estimate.se, quantile


def _kernel(case: Case, rng: np.random.Generator) -> tuple[float, float, float]:
    return *kernel_distance(*_two_sets(case, rng)), _NORMAL


def _true_kernel_distance(case: Case) -> float:
    """MMD^2 of N(0, I) and N(mean, scale^2 I) with the cubic kernel, in closed form."""
    d = case.d
    mean, scale = _REGIMES[case.regime]

    def expected(a: float, s: float, b: float, t: float) -> float:
        """E (x.y / d + 1)^3 for x ~ N(a 1, s^2 I) and y ~ N(b 1, t^2 I)."""
        ab, aa, bb = d * a * b, d * a * a, d * b * b
        first = ab
        second = ab**2 + s**2 * bb + t**2 * (aa + d * s**2)
        third = ab**3 + 3 * ab * s**2 * bb + 3 * t**2 * ab * (aa + s**2 * (d + 2))
        return 1 + 3 * first / d + 3 * second / d**2 + third / d**3

    return (
        expected(0.0, 1.0, 0.0, 1.0)
        + expected(mean, scale, mean, scale)
        - 2.0 * expected(0.0, 1.0, mean, scale)
    )


def _inception(case: Case, rng: np.random.Generator) -> tuple[float, float, float]:
    score = inception_score(3.0 * rng.normal(size=(case.n, case.d)))
    return score.mean, score.std / 3.0, scipy.stats.t.ppf(0.975, 9)


def _median(case: Case, rng: np.random.Generator) -> tuple[float, float, float]:
    distances = np.sqrt(rng.chisquare(case.d, size=case.n))
    return float(np.median(distances)), median_error(distances), _NORMAL


def _examples(case: Case, rng: np.random.Generator, mean: float = 2.0) -> np.ndarray:
    """Skewed values of examples: means over d dimensions of Gamma variables."""
    return rng.gamma(mean * case.d, 1.0 / case.d, size=case.n)


def _mean(case: Case, rng: np.random.Generator) -> tuple[float, float, float]:
    measured = Measurement.of_mean(_examples(case, rng))
    return measured.value, measured.error, _NORMAL


def _paired(case: Case, rng: np.random.Generator) -> tuple[float, float, float]:
    shared = _examples(case, rng)
    pair = (shared + 0.2 * _examples(case, rng, mean) for mean in (2.0, 1.5))
    return *paired_difference(*pair), _NORMAL


def _two_means(case: Case, rng: np.random.Generator) -> tuple[float, float, float]:
    metrics = []
    for mean in (2.0, 1.9):
        measured = Measurement.of_mean(_examples(case, rng, mean))
        metrics.append({"value": measured.value, "se": measured.error, "n": case.n})
    found = overfitting(*metrics)
    return found["value"], found["se"], _NORMAL


def _runs(case: Case, rng: np.random.Generator) -> tuple[float, float, float]:
    measured = Measurement.of_mean(rng.normal(size=case.n))
    return measured.value, measured.error, scipy.stats.t.ppf(0.975, measured.n - 1)


@dataclasses.dataclass(frozen=True)
class _Kind:
    """An interval: what it covers, how to draw one, and the target where it is known.

    A target that is not known is the mean over the replicates.
    """

    target: str
    draw: Callable[[Case, np.random.Generator], tuple[float, float, float]]
    true_value: Callable[[Case], float | None] = lambda case: None


KINDS = {
    "Frechet distance": _Kind("expectation at this n", _frechet),
    "kernel distance": _Kind("value at infinite n", _kernel, _true_kernel_distance),
    "inception score": _Kind("expectation at n / 10", _inception),
    "nearest distance, median": _Kind(
        "median", _median, lambda case: scipy.stats.chi.median(case.d)
    ),
    "mean over examples": _Kind("mean", _mean, lambda case: 2.0),
    "paired difference": _Kind("mean", _paired, lambda case: 0.1),
    "difference of two sets": _Kind("mean", _two_means, lambda case: 0.1),
    "mean over runs": _Kind("mean", _runs, lambda case: 0.0),
    EXTRAPOLATED: _Kind("value at infinite n", _extrapolated, _true_frechet_distance),
}
