import pytest

from smoothing_tf.training.history import History


def test_rows_come_back_in_order(tmp_path):
    history = History(tmp_path)
    rows = [{"step": 1, "train_nats": 0.1}, {"step": 2, "train_nats": 1 / 3}]
    for row in rows:
        history.append(row)
    assert History(tmp_path).rows() == rows


def test_no_file_is_no_rows(tmp_path):
    assert History(tmp_path).rows() == []


def test_truncation_drops_later_rows_and_a_half_written_one(tmp_path):
    history = History(tmp_path)
    for step in (1, 2, 3):
        history.append({"step": step})
    with history.path.open("a") as file:
        file.write('{"step": 4, "tra')
    history.truncate(2)
    history.append({"step": 3})
    assert [row["step"] for row in history.rows()] == [1, 2, 3]


def test_nan_is_rejected(tmp_path):
    with pytest.raises(ValueError):
        History(tmp_path).append({"step": 1, "train_nats": float("nan")})
