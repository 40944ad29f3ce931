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


def write(tmp_path, *lines):
    History(tmp_path).path.write_bytes(b"".join(lines))


@pytest.mark.parametrize(
    "damaged",
    [
        b"\0\0\0\0",
        b"\xff\xfe",
        b'{"step": 2, "train_na',
        b"",
        b"[2]",
        b'{"train_nats": 1.0}',
        b'{"step": "2", "train_nats": 1.0}',
        b'{"step": 2, "train_nats": NaN}',
        b'{"step": 2, "train_nats": "1.0"}',
        b'{"step": 2}{"step": 3}',
    ],
)
def test_a_damaged_line_costs_that_line_alone(tmp_path, capsys, damaged):
    write(tmp_path, b'{"step": 1}\n', damaged, b"\n", b'{"step": 3}\n')
    history = History(tmp_path)
    assert history.rows() == [{"step": 1}, {"step": 3}]
    (line,) = capsys.readouterr().err.splitlines()
    assert str(history.path) in line and "line 2 " in line
    history.truncate(3)
    assert history.path.read_bytes() == b'{"step": 1}\n{"step": 3}\n'
    # Reported once, and then repaired.
    History(tmp_path).rows()
    assert capsys.readouterr().err == ""


def test_a_last_row_without_its_end_is_kept_if_it_is_whole(tmp_path, capsys):
    write(tmp_path, b'{"step": 1}\n', b'{"step": 2}')
    history = History(tmp_path)
    history.truncate(2)
    history.append({"step": 3})
    assert [row["step"] for row in history.rows()] == [1, 2, 3]
    assert capsys.readouterr().err == ""


def test_changes_of_settings_are_no_rows_of_the_curve(tmp_path):
    history = History(tmp_path)
    change = {"step": 1, "flag": "clip_norm", "old": None, "new": 1.0}
    for row in ({"step": 1}, change, {"step": 2}):
        history.append(row)
    assert history.rows() == [{"step": 1}, {"step": 2}]
    assert history.changes() == [change]
    history.truncate(1)
    assert history.changes() == [change]
    history.truncate(0)
    assert history.changes() == history.rows() == []
