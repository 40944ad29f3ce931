"""The facts about data: stored as JSON, compared with other data."""

import dataclasses
import json

import pytest

from smoothing_tf.data.data_spec import DataSpec
from smoothing_tf.data.dataset import Dataset
from smoothing_tf.data.source import source_from_arrays
from smoothing_tf.standardization import Standardization
from tests.testing.tiny_data import tiny_arrays, tiny_dataset

IMAGES = DataSpec.of(tiny_dataset())
VECTORS = DataSpec.of(tiny_dataset((3,), None))


def test_the_facts_are_those_of_the_data():
    assert IMAGES == DataSpec("tiny", "images", (4, 4, 1), 4, num_classes=3)
    assert VECTORS == DataSpec("tiny", "vectors", (3,), None, num_classes=3)


@pytest.mark.parametrize(
    "spec",
    [IMAGES, VECTORS, DataSpec("pets", "images", (8, 6, 3), 256, ("cat", "dog"))],
)
def test_json_holds_all_of_it(spec):
    text = json.dumps(spec.to_json())
    assert DataSpec.from_json(json.loads(text)) == spec


SCALE = Standardization(("a", "b", "c"), (0.1, 1e9, -2.0), (1.0, 0.3, 5.0))
STANDARDIZED = dataclasses.replace(VECTORS, standardization=SCALE)


def test_the_scale_of_a_table_is_stored_where_there_is_one():
    text = json.dumps(STANDARDIZED.to_json())
    assert DataSpec.from_json(json.loads(text)) == STANDARDIZED
    # Other data have none; facts of earlier versions lack the entry.
    assert VECTORS.to_json()["standardization"] is None
    for wrong in (SCALE.to_json() | {"std": [0.0] * 3}, {}, 5):
        with pytest.raises(ValueError):
            DataSpec.from_json(VECTORS.to_json() | {"standardization": wrong})
    with pytest.raises(ValueError, match="an entry for each coordinate"):
        DataSpec.from_json(IMAGES.to_json() | {"standardization": SCALE.to_json()})


def test_the_columns_of_a_table_are_stored_where_there_are_any():
    table = dataclasses.replace(VECTORS, columns=("a", "b", "c in $"))
    text = json.dumps(table.to_json())
    assert DataSpec.from_json(json.loads(text)) == table
    earlier = VECTORS.to_json()
    assert earlier.pop("columns") is None
    assert DataSpec.from_json(earlier) == VECTORS
    for wrong in (["a", "b"], "abc", ["a", "b", 3], 5):
        with pytest.raises(ValueError, match="`columns` must be a name for each"):
            DataSpec.from_json(VECTORS.to_json() | {"columns": wrong})


def test_data_on_another_scale_are_refused():
    other = dataclasses.replace(SCALE, mean=(0.2, 1e9, -2.0))
    with pytest.raises(ValueError, match="moments of its own training split"):
        STANDARDIZED.check_same_kind(
            dataclasses.replace(VECTORS, standardization=other), "there"
        )
    with pytest.raises(ValueError, match="moments of its own training split"):
        STANDARDIZED.check_same_kind(VECTORS, "there")
    with pytest.raises(ValueError, match="they are standardized, and"):
        VECTORS.check_same_kind(STANDARDIZED, "there")
    STANDARDIZED.check_same_kind(STANDARDIZED, "there")


@pytest.mark.parametrize(
    "value",
    [
        [],
        {},
        {"event_shape": [4]},
        IMAGES.to_json() | {"event_shape": "441"},
        IMAGES.to_json() | {"event_shape": [4.0, 4, 1]},
        IMAGES.to_json() | {"num_levels": "four"},
        IMAGES.to_json() | {"event_shape": []},
        IMAGES.to_json() | {"event_shape": [4, 0, 1]},
        IMAGES.to_json() | {"num_levels": 0},
        IMAGES.to_json() | {"num_levels": None},
        IMAGES.to_json() | {"kind": "vectors"},
        IMAGES.to_json() | {"name": 5},
        IMAGES.to_json() | {"class_names": 5},
        IMAGES.to_json() | {"class_names": "cat"},
        IMAGES.to_json() | {"class_names": ["cat", 2]},
        IMAGES.to_json() | {"more": 1},
    ],
)
def test_something_else_is_refused(value):
    with pytest.raises(ValueError) as error:
        DataSpec.from_json(value)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    "shape, levels, what",
    [((8, 8, 1), 4, "event shape"), ((4, 4, 1), 5, "num levels"), ((4,), None, "kind")],
)
def test_data_of_another_kind_are_refused(shape, levels, what):
    arrays = tiny_arrays(shape, levels)
    other = DataSpec.of(Dataset(source_from_arrays("other", arrays, levels)))
    with pytest.raises(ValueError, match=f"--data_dir=D .*their {what} is"):
        IMAGES.check_same_kind(other, "--data_dir=D")


def test_other_data_of_the_same_kind_will_do():
    IMAGES.check_same_kind(DataSpec("other", "images", (4, 4, 1), 4, ("a",)), "there")


def test_other_classes_are_listed_next_to_those_of_the_run():
    names = ("cat", "dog", "owl")
    mine = dataclasses.replace(IMAGES, class_names=names)
    mine.check_same_classes(mine, "--data_dir")
    other = dataclasses.replace(mine, class_names=("cat", "dog", "fox"))
    wrong = r"they are 3 \(cat, dog, fox\), and those .* are 3 \(cat, dog, owl\)\. Name"
    with pytest.raises(ValueError, match=wrong):
        mine.check_same_classes(other, "--data_dir")
    unlabeled = dataclasses.replace(mine, class_names=None, num_classes=None)
    with pytest.raises(ValueError, match="they are none, and"):
        mine.check_same_classes(unlabeled, "--data_dir")
