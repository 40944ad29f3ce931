from smoothing_tf.evaluation.figures import training_curves

ROWS = [
    {"step": 0, "train_nats": 300.0, "train_bits_per_dim": 6.0},
    {"step": 100, "train_bits_per_dim": 4.0, "validation_bits_per_dim": 4.2},
    {"step": 200, "train_bits_per_dim": 3.0, "validation_bits_per_dim": 3.5},
]


def test_curves_are_an_svg_and_the_same_every_time():
    curves = training_curves(ROWS, "smoothed")
    assert curves.lstrip().startswith(b"<?xml")
    assert b"</svg>" in curves
    assert training_curves(ROWS, "smoothed") == curves


def test_curves_of_vectors_and_of_training_alone():
    rows = [{"step": step, "train_nats": 3.0 - step} for step in range(3)]
    assert b"</svg>" in training_curves(rows, "reverse")


def test_one_row_is_enough():
    assert b"</svg>" in training_curves(ROWS[:1], "smoothed")


def test_nothing_to_draw():
    assert training_curves([], "smoothed") is None
    assert training_curves([{"step": 1}], "smoothed") is None
