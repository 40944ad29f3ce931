"""Invalid requests of the two servers of tests/smoothing_tf/serving, with messages."""

import numpy as np

_IMAGE = (1, 4, 4, 1)


def _i(value):
    return np.asarray(value, np.int32)


def _f(value, shape=_IMAGE):
    return np.full(shape, value, np.float32)


def _u(value, shape=_IMAGE):
    return np.full(shape, value, np.uint8)


def _l(value, shape=_IMAGE):
    return np.full(shape, value, np.int32)


_OF_SEED = "`seed` must have shape [2], or [1, 2] with a seed for each example; got "
_NUMBER = "`num_samples` must be from 1 to 20; got "
_RANGE = "must be from -10 to 10, with images on [-1, 1]; got "
_GREY = "`pixels` must be grey levels round(255 i / 16)"
# (signature, changes of its valid request of one row, the message).
IMAGES = [
    ("sample", {"num_samples": _i(0)}, _NUMBER + "0."),
    ("sample", {"num_samples": _i(-3)}, _NUMBER + "-3."),
    ("sample", {"num_samples": _i(100_000)}, _NUMBER + "100000."),
    ("sample", {"num_samples": _i(2**31 - 1)}, _NUMBER + "2147483647."),
    ("sample", {"num_samples": _i([15, 15])}, _NUMBER + "30."),
    ("sample", {"num_samples": _i([2**31 - 1] * 2)}, _NUMBER + "4294967294."),
    ("sample", {"num_samples": _i([3, 0])}, _NUMBER + "0."),
    ("sample", {"num_samples": np.zeros(0, np.int32)}, _NUMBER + "0."),
    (
        "sample",
        {"num_samples": _i([[1]])},
        "`num_samples` must be a number, or numbers [n] to add up; got shape [1, 1].",
    ),
    ("sample", {"seed": _i([1, 2, 3])}, _OF_SEED + "[3]."),
    ("sample", {"seed": _l(1, (3, 2))}, _OF_SEED + "[3, 2]."),
    ("sample", {"seed": _i(7)}, _OF_SEED + "[]."),
    ("serving_default", {"num_samples": _i(0)}, _NUMBER + "0."),
    ("sample_rows", {"seed": _i([1, 2])}, "`seed` must have shape [n, 2]; got [2]."),
    ("sample_rows", {"seed": _i(1)}, "`seed` must have shape [n, 2]; got []."),
    (
        "sample_rows",
        {"seed": _l(1, (1, 3))},
        "`seed` must have shape [n, 2]; got [1, 3].",
    ),
    (
        "sample_rows",
        {"seed": _l(1, (0, 2))},
        "`seed` must have from 1 to 20 rows; got 0.",
    ),
    (
        "sample_rows",
        {"seed": _l(1, (21, 2))},
        "`seed` must have from 1 to 20 rows; got 21.",
    ),
    (
        "denoise",
        {"x_smoothed": _f(0.0, (4, 4, 1))},
        "`x_smoothed` must have shape [n, 4, 4, 1]; got [4, 4, 1].",
    ),
    (
        "denoise",
        {"x_smoothed": _f(0.0, (1, 16))},
        "`x_smoothed` must have shape [n, 4, 4, 1]; got [1, 16].",
    ),
    (
        "denoise",
        {"x_smoothed": _f(0.0, (1, 4, 4, 3))},
        "`x_smoothed` must have shape [n, 4, 4, 1]; got [1, 4, 4, 3].",
    ),
    (
        "denoise",
        {"x_smoothed": _f(0.0, (1, 1, 4, 4, 1))},
        "`x_smoothed` must have shape [n, 4, 4, 1]; got [1, 1, 4, 4, 1].",
    ),
    (
        "denoise",
        {"x_smoothed": _f(0.0, (1, 4, 4, 1, 1))},
        "`x_smoothed` must have shape [n, 4, 4, 1]; got [1, 4, 4, 1, 1].",
    ),
    (
        "denoise",
        {"x_smoothed": _f(0.0, (0, 4, 4, 1))},
        "`x_smoothed` must have from 1 to 20 rows; got 0.",
    ),
    (
        "denoise",
        {"x_smoothed": _f(0.0, (21, 4, 4, 1))},
        "`x_smoothed` must have from 1 to 20 rows; got 21.",
    ),
    ("denoise", {"x_smoothed": _f(np.nan)}, "`x_smoothed` must be finite; got nan."),
    ("denoise", {"x_smoothed": _f(np.inf)}, "`x_smoothed` must be finite; got inf."),
    ("denoise", {"x_smoothed": _f(-np.inf)}, "`x_smoothed` must be finite; got -inf."),
    ("denoise", {"x_smoothed": _f(255.0)}, "`x_smoothed` " + _RANGE + "255."),
    ("denoise", {"x_smoothed": _f(-10.5)}, "`x_smoothed` " + _RANGE + "-10.5."),
    ("denoise", {"seed": _l(1, (2, 2))}, _OF_SEED + "[2, 2]."),
    ("denoise", {"seed": _l(1, (1, 2, 1))}, _OF_SEED + "[1, 2, 1]."),
    (
        "single_step_denoise",
        {"x_smoothed": _f(0.0, (4, 4))},
        "`x_smoothed` must have shape [n, 4, 4, 1]; got [4, 4].",
    ),
    (
        "single_step_denoise",
        {"x_smoothed": _f(np.nan)},
        "`x_smoothed` must be finite; got nan.",
    ),
    (
        "single_step_denoise",
        {"x_smoothed": _f(1e4)},
        "`x_smoothed` " + _RANGE + "10000.",
    ),
    ("bound", {"levels": _l(17)}, "`levels` must be from 0 to 16; got 17."),
    ("bound", {"levels": _l(-1)}, "`levels` must be from 0 to 16; got -1."),
    (
        "bound",
        {"levels": _l(0, (1, 4, 4))},
        "`levels` must have shape [n, 4, 4, 1]; got [1, 4, 4].",
    ),
    ("bound", {"seed": _i([1])}, _OF_SEED + "[1]."),
    ("bound_pixels", {"pixels": _u(100)}, _GREY + "; got 100."),
    (
        "bound_pixels",
        {"pixels": _u(0, (4, 4, 1))},
        "`pixels` must have shape [n, 4, 4, 1]; got [4, 4, 1].",
    ),
    ("bound_iw", {"levels": _l(99)}, "`levels` must be from 0 to 16; got 99."),
    ("bound_iw", {"num_draws": _i(0)}, "`num_draws` must be at least 1; got 0."),
    (
        "bound_iw",
        {"num_draws": _i(21)},
        "`num_draws` times the number of examples must be at most 20; got 21 times 1.",
    ),
    (
        "bound_iw",
        {"num_draws": _i([1, 2])},
        "`num_draws` must be a number, or [1] numbers, one for each example; got shape"
        " [2].",
    ),
    ("bound_iw_pixels", {"pixels": _u(1)}, _GREY + "; got 1."),
    (
        "inpaint",
        {"mask": _u(2, (1, 4, 4))},
        "`mask` must hold only 1 (known) and 0 (missing); got 2.",
    ),
    (
        "inpaint",
        {"mask": _u(1)},
        "`mask` must have shape [1, 4, 4], a row for each example; got [1, 4, 4, 1].",
    ),
    (
        "inpaint",
        {"mask": _u(1, (2, 4, 4))},
        "`mask` must have shape [1, 4, 4], a row for each example; got [2, 4, 4].",
    ),
    ("inpaint", {"pixels": _u(100)}, _GREY + " where `mask` is 1; got 100."),
    (
        "inpaint",
        {"pixels": _u(0, (4, 4, 1))},
        "`pixels` must have shape [n, 4, 4, 1]; got [4, 4, 1].",
    ),
    ("inpaint", {"num_particles": _i(0)}, "`num_particles` must be at least 1; got 0."),
    (
        "inpaint",
        {"num_particles": _i([400])},
        "`num_particles` times the number of examples must be at most 20; got 400 times"
        " 1.",
    ),
    ("inpaint", {"seed": _l(1, (2, 2))}, _OF_SEED + "[2, 2]."),
    ("log_prob", {"levels": _l(17)}, "`levels` must be from 0 to 16; got 17."),
    (
        "log_prob",
        {"levels": _l(0, (1, 2, 2, 1))},
        "`levels` must have shape [n, 4, 4, 1]; got [1, 2, 2, 1].",
    ),
    ("log_prob_pixels", {"pixels": _u(5)}, _GREY + "; got 5."),
]
_OF_LABEL = "`label` must have shape [1], a row for each example; got "
_FAR = "`x` must be from -314573 to 314573; got "
VECTORS = [
    ("sample", {"label": _i([3])}, "`label` must be from -1 to 2; got 3."),
    ("sample", {"label": _i([-2])}, "`label` must be from -1 to 2; got -2."),
    ("sample", {"label": _i([0, 1])}, _OF_LABEL + "[2]."),
    ("sample_rows", {"label": _i(0)}, _OF_LABEL + "[]."),
    ("sample_rows", {"label": _i([[0]])}, _OF_LABEL + "[1, 1]."),
    ("denoise", {"label": _i([-1])}, "`label` must be from 0 to 2; got -1."),
    (
        "single_step_denoise",
        {"label": _i([3])},
        "`label` must be from 0 to 2; got 3.",
    ),
    ("bound", {"x": _f(np.nan, (1, 3))}, "`x` must be finite; got nan."),
    ("bound", {"x": _f(1e30, (1, 3))}, _FAR + "1e+30."),
    ("bound", {"x": _f(0.0, (3,))}, "`x` must have shape [n, 3]; got [3]."),
    ("bound", {"label": _i([9])}, "`label` must be from 0 to 2; got 9."),
    ("bound_iw", {"label": _i([-1])}, "`label` must be from 0 to 2; got -1."),
    (
        "inpaint",
        {"x": _f(np.nan, (1, 3))},
        "`x` must be finite where `mask` is 1; got nan.",
    ),
    (
        "inpaint",
        {"label": _i([-1])},
        "`label` must be a class where `num_particles` is 1, because one particle does"
        " not infer it; got -1.",
    ),
    (
        "inpaint",
        {"mask": _u(1, (3,))},
        "`mask` must have shape [1, 3], a row for each example; got [3].",
    ),
]
