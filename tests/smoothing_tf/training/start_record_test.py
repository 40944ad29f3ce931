"""The record of a stage's start: written once, compared with later settings."""

import pytest

from smoothing_tf.training.start_record import StartRecord
from smoothing_tf.training.training_config import TrainingConfig

FIRST = TrainingConfig(learning_rate=0.5)
LOWER = TrainingConfig(learning_rate=0.1, clip_norm=2.0)


def test_the_record_is_written_once(tmp_path):
    record = StartRecord(tmp_path)
    assert not record.exists() and record.first_nats is None
    record.write(FIRST, 3.25)
    record.write(LOWER, 1.0)
    assert record.exists() and record.first_nats == 3.25
    assert record.changes(FIRST, [], 4) == []


def test_a_checkpoint_also_shows_that_a_stage_has_begun(tmp_path):
    (tmp_path / "checkpoints").mkdir()
    (tmp_path / "checkpoints" / "ckpt-0.index").touch()
    assert StartRecord(tmp_path).exists()


def test_changes_are_to_the_settings_of_the_step(tmp_path):
    record = StartRecord(tmp_path)
    record.write(FIRST, None)
    rate = {"step": 4, "flag": "learning_rate", "old": 0.5, "new": 0.1}
    clip = {"step": 4, "flag": "clip_norm", "old": None, "new": 2.0}
    assert record.changes(LOWER, [], 4) == [rate, clip]
    assert record.changes(LOWER, [rate, clip], 6) == []
    back = {"step": 6, "flag": "learning_rate", "old": 0.1, "new": 0.5}
    assert record.changes(FIRST, [rate], 6) == [back]
    # A change that was made after the step resumed from has not been made yet.
    assert record.changes(LOWER, [rate, clip], 3) == [
        rate | {"step": 3},
        clip | {"step": 3},
    ]


@pytest.mark.parametrize("content", [b"", b"{", b"[1]", b"\xff\xff"])
def test_a_damaged_record_still_shows_that_the_stage_has_begun(tmp_path, content):
    record = StartRecord(tmp_path)
    record.path.write_bytes(content)
    assert record.exists()
    assert record.changes(LOWER, [], 4) == [] and record.first_nats is None
