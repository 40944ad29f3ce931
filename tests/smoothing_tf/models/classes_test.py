"""Classes by name and by number."""

import numpy as np
import pytest

from smoothing_tf.models.classes import Classes

PETS = Classes(("cat", "7", "dog"), (0.5, 0.25, 0.25))


@pytest.mark.parametrize("name, label", [("cat", 0), ("dog", 2), ("7", 1), ("0", 0)])
def test_a_name_goes_before_a_number(name, label):
    assert PETS.find(name, 3) == label


@pytest.mark.parametrize("name", ["3", "-1", "horse", "", "1.0"])
def test_an_unknown_class_is_rejected(name):
    with pytest.raises(ValueError, match="number from 0 to 2 or a name: cat, 7, dog."):
        PETS.find(name, 3)


def test_without_frequencies_classes_are_equally_frequent():
    np.testing.assert_allclose(np.exp(Classes().log_frequencies(4)), 0.25)
    np.testing.assert_allclose(np.exp(PETS.log_frequencies(3)), [0.5, 0.25, 0.25])
    with pytest.raises(ValueError, match="one number for each of 4 classes; got 3"):
        PETS.log_frequencies(4)


def test_classes_without_names_are_called_by_their_number():
    assert [Classes().name_of(2), PETS.name_of(2)] == ["2", "dog"]
