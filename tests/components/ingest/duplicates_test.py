"""Groups of equal examples, found in any division of the digests."""

import numpy as np
import pytest

from components.ingest.duplicates import (
    Occurrence,
    content_digest,
    find_duplicates,
    write_digests,
)

# Split -> shards -> values of the examples; equal values are duplicates.
SPLITS = [
    [[5, 1, 2], [], [3, 2, 2]],
    [[4], [9, 8]],
    [[2, 7, 4, 6, 10]],
]
GROUPS = [
    [(0, 2), (0, 4), (0, 5), (2, 0)],  # The value 2.
    [(1, 0), (2, 2)],  # The value 4.
]


def _write(directory, splits):
    files = []
    for split, shards in enumerate(splits):
        files.append([])
        offset = 0
        for number, values in enumerate(shards):
            path = directory / f"{split}-{number}"
            digests = b"".join(content_digest(np.array([v], "f4")) for v in values)
            indices = range(offset, offset + len(values))
            write_digests(path, digests, indices, [v % 3 for v in values])
            offset += len(values)
            files[-1].append(path)
    return files


@pytest.mark.parametrize("at_once", [1, 2, 5, 1000])
def test_every_group_is_found_once_in_order(tmp_path, at_once):
    found = list(find_duplicates(_write(tmp_path, SPLITS), at_once))
    assert sorted([(o.split, o.index) for o in group] for group in found) == GROUPS
    assert {o.label for group in found for o in group if o.split == 0} == {2}
    assert all(isinstance(o, Occurrence) for group in found for o in group)


@pytest.mark.parametrize("at_once", [7, 100, 10**6])
def test_groups_are_those_of_a_dictionary(tmp_path, at_once):
    rng = np.random.default_rng(0)
    splits = [[rng.integers(0, 700, n).tolist() for n in (300, 0, 200)], [[3] * 40]]
    expected = {}
    for split, shards in enumerate(splits):
        for index, value in enumerate(value for shard in shards for value in shard):
            expected.setdefault(value, []).append((split, index))
    found = find_duplicates(_write(tmp_path, splits), at_once)
    assert sorted([(o.split, o.index) for o in group] for group in found) == sorted(
        group for group in expected.values() if len(group) > 1
    )


def test_there_may_be_no_examples(tmp_path):
    assert list(find_duplicates([])) == []
    assert list(find_duplicates(_write(tmp_path, [[[]], []]))) == []


def test_equal_values_have_equal_digests_and_others_have_not():
    zeros = np.array([0.0, -0.0], np.float32)
    assert content_digest(zeros) == content_digest(-zeros)
    x = np.arange(12, dtype=np.uint8).reshape(3, 4)
    assert content_digest(x) == content_digest(np.asfortranarray(x))
    assert content_digest(x) != content_digest(x.T.reshape(3, 4))
    changed = x.copy()
    changed[2, 3] += 1
    assert content_digest(x) != content_digest(changed)
    assert len(content_digest(x)) == 16
