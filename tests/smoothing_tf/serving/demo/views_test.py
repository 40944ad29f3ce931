"""What the page shows."""

import types

import numpy as np

from smoothing_tf.serving.demo import tasks, views


def test_images_and_vectors_are_shown(of_images, of_vectors):
    shown = views.show_samples(of_images, tasks.draw(of_images, 0, 7))
    assert len(shown) == len(views.captions(of_images)) == 3
    shown += views.show_samples(of_vectors, tasks.draw(of_vectors, 0, 7, 1))
    assert len(shown) == 4
    for picture in shown:
        assert picture.dtype == np.uint8 and picture.shape[-1] == 3
        assert picture.shape[1] >= 320


def test_missing_pixels_are_colored():
    image = np.full((4, 4, 1), 100, np.uint8)
    known = np.ones((4, 4), np.uint8)
    known[0, 1] = 0
    large = views.mark_missing(image, known)
    scale = large.shape[0] // 4
    colors = large[scale // 2 :: scale, scale // 2 :: scale]
    assert colors[known > 0].tolist() == [[100, 100, 100]] * 15
    assert len(set(colors[0, 1])) == 3


def test_images_between_levels_are_clipped():
    x = np.array([-7.0, -1.0, 0.0, 1.0, 7.0])
    assert views.to_uint8(x).tolist() == [0, 0, 128, 255, 255]


def test_the_likelihood_of_an_image_stands_next_to_that_of_the_data():
    metric = {"value": 2.0, "se": 0.05, "n": 100, "split": "test"}
    model = types.SimpleNamespace(facts={"likelihoods": {"bits_per_dim": metric}})
    image = {"bits_per_dim": np.array([2.5]), "bits_per_dim_baseline": np.array([3.0])}
    samples = {"bits_per_dim": np.array([1.5, 2.5])}
    assert views.likelihood_table(model, image, samples).splitlines()[2:6] == [
        "| This image (bound) | 2.500 |",
        "| 100 test examples of the data (bound) | 2.000, single examples ± 0.5 |",
        "| 2 samples of the model (bound) | 2.000, single examples ± 0.5 |",
        "| This image (exact, baseline) | 3.000 |",
    ]


def test_an_export_has_the_likelihood_of_the_data_where_it_is_known(of_images):
    image = {"bits_per_dim": np.array([2.5])}
    table = views.likelihood_table(of_images, image, {})
    row = "| 400 test examples of the data (bound) | 4.000, single examples ± 0.2 |"
    assert row in table.splitlines() and "was not evaluated" not in table
    model = types.SimpleNamespace(facts={})
    assert "was not evaluated" in views.likelihood_table(model, image, {})


def test_the_table_says_which_likelihood_is_not_recorded_and_has_no_spread_of_one():
    metric = {"value": 2.0, "se": None, "n": 1, "split": "test"}
    facts = {"likelihoods": {"bits_per_dim_baseline": metric}}
    bits = {"bits_per_dim": np.array([2.5]), "bits_per_dim_baseline": np.array([3.0])}
    model = types.SimpleNamespace(facts=facts)
    table = views.likelihood_table(model, bits, {"bits_per_dim": np.array([1.5])})
    assert table.splitlines()[2:6] == [
        "| This image (bound) | 2.500 |",
        "| 1 sample of the model (bound) | 1.500 |",
        "| This image (exact, baseline) | 3.000 |",
        "| 1 test example of the data (exact, baseline) | 2.000 |",
    ]
    assert "does not hold the likelihood of its data (bound): the run" in table
