"""Profiles of some steps."""

import pytest
from tensorflow.tsl.profiler.protobuf import xplane_pb2

from smoothing_tf.training.history import History
from smoothing_tf.training.stage_log import StageLog
from tests.testing.train_tiny import train


def profiled_steps(directory):
    """Lists the numbers of the steps in each profile of a stage, in order of time."""
    found = []
    for path in sorted((directory / "tensorboard").glob("plugins/profile/*/*.pb")):
        space = xplane_pb2.XSpace.FromString(path.read_bytes())
        steps = []
        for plane in space.planes:
            for line in plane.lines:
                for event in line.events:
                    if plane.event_metadata[event.metadata_id].name == "train":
                        steps += [
                            stat.int64_value
                            for stat in event.stats
                            if plane.stat_metadata[stat.metadata_id].name == "step_num"
                        ]
        found.append(sorted(steps))
    return found


def test_a_profile_holds_its_steps_and_changes_none(finished, tmp_path, capsys):
    train(tmp_path / "run", profile_steps="3:5", progress=True)
    assert profiled_steps(tmp_path / "run") == [[3, 4, 5]]
    line = f"reverse: wrote a profile of steps 3 to 5 below {tmp_path / 'run'}"
    assert line in capsys.readouterr().err
    assert History(tmp_path / "run").rows() == History(finished).rows()
    assert not profiled_steps(finished)


class Interrupted(Exception):
    pass


def test_a_training_that_stops_writes_the_steps_so_far(tmp_path, monkeypatch):
    def interrupt(*_):
        raise Interrupted

    with monkeypatch.context() as context:
        context.setattr(StageLog, "train_point", interrupt)
        with pytest.raises(Interrupted):
            train(tmp_path, profile_steps="1:4", num_steps=4)
    assert profiled_steps(tmp_path) == [[1, 2]]
