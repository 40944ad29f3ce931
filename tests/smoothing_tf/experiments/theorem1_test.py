import numpy as np
import pytest
import tensorflow as tf

from smoothing_tf.data.densities import DENSITIES
from smoothing_tf.experiments import theorem1
from smoothing_tf.smoothing import SMOOTHINGS

STEP = 1e-3
GRID = STEP * np.arange(-8000, 8001)


def normal(scale: float) -> np.ndarray:
    return np.exp(-0.5 * (GRID / scale) ** 2) / (scale * np.sqrt(2.0 * np.pi))


def test_the_lipschitz_constant_of_a_gaussian_is_its_slope_at_one_deviation():
    expected = np.exp(-0.5) / (0.3**2 * np.sqrt(2.0 * np.pi))
    assert theorem1.lipschitz(normal(0.3), STEP) == pytest.approx(expected, rel=1e-4)


def test_gaussians_add_their_variances():
    smoothed = theorem1.smooth(normal(0.3), GRID, "gaussian", 0.4)
    np.testing.assert_allclose(smoothed, normal(0.5), atol=1e-8)


@pytest.mark.parametrize("kernel", SMOOTHINGS)
def test_smoothing_adds_the_variance_of_the_kernel(kernel):
    spikes = DENSITIES["spikes"](tf.float64).prob(GRID[:, None]).numpy()
    smoothed = theorem1.smooth(spikes, GRID, kernel, 0.5)
    mass, mean = STEP * smoothed.sum(), STEP * (GRID * smoothed).sum()
    raw = STEP * (GRID**2 * spikes).sum()
    assert mass == pytest.approx(1.0, abs=1e-5)
    assert mean == pytest.approx(STEP * (GRID * spikes).sum(), abs=1e-5)
    assert STEP * (GRID**2 * smoothed).sum() - raw == pytest.approx(0.25, rel=2e-3)


def test_it_holds_in_every_cell_and_a_steeper_one_would_fail(tmp_path, monkeypatch):
    monkeypatch.setattr(theorem1, "_REACH", 12.0)
    monkeypatch.setattr(theorem1, "_STEP", 5e-4)
    result = theorem1.run(tmp_path, quick=True, cells=None)
    table = result.tables["table"]
    assert {row["kernel"] for row in table.rows} == set(SMOOTHINGS)
    assert len({row["density"] for row in table.rows}) >= 3
    assert all(row["ratio"] <= 1.0 + 1e-6 for row in table.rows)
    assert min(row["ratio"] for row in table.rows) < 0.01
    assert table.criteria[0].holds
    assert result.figures["figure"].startswith(b"\x89PNG")

    smooth = theorem1.smooth
    monkeypatch.setattr(theorem1, "smooth", lambda *a: 1.5 * smooth(*a))
    result = theorem1.run(tmp_path, quick=True, cells=None)
    assert not result.tables["table"].criteria[0].holds
