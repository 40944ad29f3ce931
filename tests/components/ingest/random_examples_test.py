"""A subset drawn shard by shard is random and does not depend on the shards."""

import collections

import numpy as np

from components.ingest.random_examples import RandomExamples

SIZE = 64


def _draw(num_examples, stops=(), left_out=(), shape=(1,)):
    merged = RandomExamples(shape, "uint16")
    bounds = [0, *stops, num_examples]
    for first, stop in zip(bounds, bounds[1:]):
        part = RandomExamples(shape, "uint16", first, stop - first)
        for index in range(first, stop):
            if index not in left_out:
                part.offer(index - first, np.full(shape, index, np.uint16))
        merged.merge(part.to_arrays())
    return merged.examples()


def test_the_shards_do_not_matter():
    whole = _draw(500)
    assert whole.shape == (SIZE, 1)
    assert len(np.unique(whole)) == SIZE
    for stops in ([1], [100, 100, 300], list(range(7, 500, 7))):
        np.testing.assert_array_equal(_draw(500, stops), whole)


def test_an_example_that_is_left_out_makes_room_for_the_next():
    whole = _draw(500).ravel()
    left_out = set(whole[:10].tolist())
    fewer = _draw(500, [250], left_out).ravel()
    np.testing.assert_array_equal(fewer[: SIZE - 10], whole[10:])


def test_all_examples_of_a_small_split_are_drawn():
    assert sorted(_draw(9).ravel()) == list(range(9))
    assert _draw(0).shape == (0, 1)


def test_every_position_is_equally_likely():
    # Tenths of a split of 640: each holds a tenth of the subset but for chance.
    counts = collections.Counter()
    for first in range(40):
        part = RandomExamples((1,), "uint16", 640 * first, 640)
        for position in range(640):
            part.offer(position, np.array([position], np.uint16))
        counts.update((part.examples().ravel() // 64).tolist())
    expected = 40 * SIZE / 10
    chi_square = sum((counts[i] - expected) ** 2 / expected for i in range(10))
    assert chi_square < 27.9  # 0.1 % of the distribution with 9 degrees of freedom.


def test_large_images_are_few():
    assert len(_draw(70, shape=(256, 256, 1))) == 16
    assert len(_draw(20, shape=(1024, 1024, 1))) == 4


def test_examples_are_copies():
    part = RandomExamples((1,), "uint16", 0, 1)
    x = np.array([3], np.uint16)
    part.offer(0, x)
    x[:] = 4
    assert part.examples().tolist() == [[3]]
