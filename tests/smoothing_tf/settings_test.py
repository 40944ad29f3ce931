"""Settings reject wrong values with a message that names the rule."""

import dataclasses

import pytest

from smoothing_tf.settings import check_count, choose, setting, validate


@dataclasses.dataclass(frozen=True)
class Example:
    count: int = setting(3, "A count.", minimum=1, maximum=9)
    rate: float = setting(0.5, "A rate.", exclusive_minimum=0.0, exclusive_maximum=1.0)
    kind: str = setting("a", "A kind.", choices=("a", "b"))
    sizes: tuple[int, ...] = setting((1, 2), "Sizes.", minimum=1)
    limit: float | None = setting(None, "A limit.", minimum=0.0, none_name="none")
    is_on: bool = setting(False, "A switch.")

    def __post_init__(self):
        validate(self)


def test_values_on_the_bounds_are_accepted():
    Example(count=1)
    Example(count=9, rate=0.999, sizes=(), limit=0, is_on=True)


@pytest.mark.parametrize(
    "values, message",
    [
        ({"count": 0}, "`count` must be at least 1; got 0."),
        ({"count": 10}, "`count` must be at most 9; got 10."),
        ({"rate": 0.0}, "`rate` must be above 0.0; got 0.0."),
        ({"rate": 1.0}, "`rate` must be below 1.0; got 1.0."),
        ({"kind": "c"}, "`kind` must be one of a, b; got 'c'."),
        ({"sizes": (1, 0)}, "`sizes` must be at least 1; got 0."),
        ({"limit": float("inf")}, "`limit` must be finite; got inf."),
        ({"rate": float("nan")}, "`rate` must be above 0.0; got nan."),
    ],
)
def test_a_value_out_of_range(values, message):
    with pytest.raises(ValueError) as error:
        Example(**values)
    assert str(error.value) == message


@pytest.mark.parametrize(
    "values",
    [{"count": 1.0}, {"count": True}, {"rate": "x"}, {"sizes": 3}, {"is_on": 1}],
)
def test_a_value_of_another_type(values):
    (name,) = values
    with pytest.raises(TypeError, match=f"`{name}` must be"):
        Example(**values)


def test_choose_lists_the_names():
    assert choose({"a": 1}, "a", "kind") == 1
    with pytest.raises(ValueError, match="`kind` must be one of a, b; got 'c'"):
        choose({"b": 1, "a": 1}, "c", "kind")


@pytest.mark.parametrize("value", [0, -1, 1.0, "1", None, True])
def test_a_count_is_an_integer_of_at_least_its_minimum(value):
    with pytest.raises(ValueError, match="`k` must be an integer, at least 1; got"):
        check_count("k", value)
    check_count("k", 1)
    check_count("k", 0, minimum=0)
