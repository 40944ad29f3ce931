"""Classes by name and by number."""

import unicodedata

import numpy as np
import pytest

from smoothing_tf.models.classes import Classes

PETS = Classes(("cat", "7", "dog"), (0.5, 0.25, 0.25))


@pytest.mark.parametrize("name, label", [("cat", 0), ("dog", 2), ("7", 1), ("0", 0)])
def test_a_name_goes_before_a_number(name, label):
    assert PETS.find(name, 3) == label


@pytest.mark.parametrize(
    "name", ["3", "-1", "+1", "horse", "Cat", " cat", "", "1.0", "²", "١", "9" * 5000]
)
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


def test_names_with_blanks_commas_and_letters_of_any_alphabet_are_found():
    names = ("Ankle boot", "T-shirt, top", "Ärzte", "猫", "-1", "all")
    classes = Classes(names)
    assert [classes.find(name, 6) for name in names] == list(range(6))
    with pytest.raises(ValueError, match="a name: Ankle boot, 'T-shirt, top', Ärzte"):
        classes.find("T-shirt", 6)


@pytest.mark.parametrize("form", ["NFC", "NFD"])
def test_an_accent_may_be_a_character_of_its_own(form):
    names = tuple(unicodedata.normalize(form, name) for name in ("Café", "Thé"))
    for typed in ("NFC", "NFD"):
        assert Classes(names).find(unicodedata.normalize(typed, "Thé"), 2) == 1
    both = Classes(("Caf\u00e9", "Cafe\u0301"))
    assert [both.find(name, 2) for name in both.names] == [0, 1]


def test_a_name_of_several_classes_is_refused_and_shown_with_its_number():
    classes = Classes(("cat", "dog", "cat"))
    with pytest.raises(ValueError, match="classes 0, 2 all have the name 'cat'"):
        classes.find("cat", 3)
    assert [classes.find(name, 3) for name in ("dog", "2")] == [1, 2]
    assert [classes.name_of(i) for i in range(3)] == ["cat (0)", "dog", "cat (2)"]


def test_a_long_list_of_names_is_shortened():
    classes = Classes(tuple(f"n{i}" for i in range(1000)))
    with pytest.raises(ValueError, match=r"n18, n19, \.\.\. and 980 more\.$"):
        classes.find("n1000", 1000)
