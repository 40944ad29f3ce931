"""Names that TensorFlow Datasets accepts."""

import pytest

from components.files import file_name


@pytest.mark.parametrize(
    "name, expected",
    [
        ("digits", "digits"),
        ("102flowers", "data_102flowers"),
        ("My Photos.v1!", "my_photos_v1"),
        ("花", "data"),
        ("_", "data"),
        ("Été 2024", "t_2024"),
        ("2024", "data_2024"),
        ("x" * 99, "x" * 64),
    ],
)
def test_names_begin_with_a_letter_and_are_plain(name, expected):
    assert file_name(name) == expected
