"""Two training nodes, in two processes, that train the same at the same time.

executor_test.py has the same property in one process, with a lock that is never real.
"""

import numpy as np
import pytest
import tensorflow as tf

from smoothing_tf.training.history import History
from tests.testing.training_nodes import TrainingNode

pytestmark = [pytest.mark.large, pytest.mark.timeout(900)]


@pytest.fixture
def start(tmp_path, data_dir, smoothing_dir):
    """Starts a node; none outlives a failed test."""
    nodes = []

    def start(name, root=tmp_path / "root", **options):
        place = tmp_path / name
        nodes.append(TrainingNode(root, place, data_dir, smoothing_dir, **options))
        return nodes[-1]

    yield start
    for node in nodes:
        node.process.kill()
        node.process.join()


def assert_equal_models(node, other):
    assert History(node.place / "model").rows() == History(other.place / "model").rows()
    readers = [
        tf.train.load_checkpoint(str(n.place / "model/checkpoints/ckpt-4"))
        for n in (node, other)
    ]
    names = readers[0].get_variable_to_shape_map()
    assert names == readers[1].get_variable_to_shape_map() and len(names) > 10
    for name in names.keys() - {"_CHECKPOINTABLE_OBJECT_GRAPH"}:
        ours, theirs = (reader.get_tensor(name) for reader in readers)
        np.testing.assert_array_equal(ours, theirs, err_msg=name)


def test_the_second_node_waits_and_takes_the_result(start):
    first = start("first", pauses=True)
    first.wait_for(first.has_paused)
    second = start("second")
    second.wait_for(lambda: "waiting" in second.text())
    assert f"in use by process {first.process.pid}" in second.text()
    first.go_on()
    first.finish()
    second.finish()
    assert second.text().count("waiting, because") == 1
    assert "all 4 steps are already done" in second.text()
    assert_equal_models(first, second)


def test_the_second_node_resumes_what_a_killed_one_has_begun(start):
    first = start("first", pauses=True)
    first.wait_for(first.has_paused)
    second = start("second")
    second.wait_for(lambda: "waiting" in second.text())
    first.process.kill()
    first.process.join()
    second.finish()
    assert "resuming at step 2." in second.text()
    assert not (first.place / "model").exists()
    whole = start("whole", root=None)
    whole.finish()
    assert_equal_models(second, whole)
