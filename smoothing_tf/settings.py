"""Configuration fields that carry their default, help and bounds.

A configuration is a frozen dataclass next to the code it configures. Each field is
made by `setting`, and `__post_init__` calls `validate`, so that a wrong value is
rejected in the same way whether it comes from Python, a flag or a flagfile.
"""

import csv
import dataclasses
import functools
import io
import math
import numbers
import os
import re
import types
import typing
import unicodedata
from collections.abc import Iterator, Mapping
from typing import Any

_METADATA_KEY = "setting"
# Unicode categories: control characters, line and paragraph separators, surrogates
# (bytes that are not text).
_CONTROL = {"Cc", "Zl", "Zp", "Cs"}


@dataclasses.dataclass(frozen=True)
class Setting:
    """Documentation and rules of a field made by `setting`."""

    help: str
    minimum: float | None = None
    exclusive_minimum: float | None = None
    maximum: float | None = None
    exclusive_maximum: float | None = None
    choices: tuple[str, ...] | None = None
    open_choices: tuple[str, ...] = ()
    none_name: str = "none"
    is_path: bool = False
    url_schemes: tuple[str, ...] = ()


def setting(default: Any, help: str, **rules: Any) -> Any:
    """Makes a dataclass field with documentation and bounds.

    Args:
      default: the default value; it must satisfy the rules.
      help: one sentence with the unit, shown by `--help`.
      **rules: `minimum`, `exclusive_minimum`, `maximum`, `exclusive_maximum` (as in
        JSON Schema; for a tuple they apply to every element); `choices`;
        `open_choices`, further choices such as "tfds:NAME", of which only the part up
        to the colon is fixed; `none_name`, the text of a flag that means None;
        `is_path` for a path on this machine, which may begin with ~ in a flag;
        `url_schemes`, of URLs that may take the place of a path, e.g. ("gs",).

    Returns:
      A `dataclasses.field`.
    """
    return dataclasses.field(
        default=default, metadata={_METADATA_KEY: Setting(help, **rules)}
    )


def rules_of(field: dataclasses.Field) -> Setting:
    """Returns the `Setting` of a field made by `setting`."""
    return field.metadata[_METADATA_KEY]


@dataclasses.dataclass(frozen=True)
class FieldType:
    """A field's annotation in parts: `base`, possibly repeated, possibly None."""

    base: type
    is_tuple: bool
    is_optional: bool


def type_of(config_class: type, field: dataclasses.Field) -> FieldType:
    """Splits the annotation of `field`: X, tuple[X, ...] or X | None."""
    annotation = _type_hints(config_class)[field.name]
    is_optional = isinstance(annotation, types.UnionType)
    if is_optional:
        (annotation,) = set(annotation.__args__) - {type(None)}
    is_tuple = typing.get_origin(annotation) is tuple
    base = annotation.__args__[0] if is_tuple else annotation
    return FieldType(base, is_tuple, is_optional)


# Resolving type hints takes as long as all other checks of a setting.
_type_hints = functools.cache(typing.get_type_hints)


def validate(config: Any) -> None:
    """Checks every field of a configuration against its type and rules.

    Raises:
      TypeError: a value does not have the annotated type.
      ValueError: a value violates a bound or is not among the choices.
    """
    for field in dataclasses.fields(config):
        check_value(type(config), field, getattr(config, field.name))


def check_value(config_class: type, field: dataclasses.Field, value: Any) -> None:
    """Checks one value against the type and rules of its field; see `validate`."""
    field_type = type_of(config_class, field)
    rules = rules_of(field)
    if value is None and field_type.is_optional:
        return
    if field_type.is_optional and isinstance(value, str) and value == rules.none_name:
        # The flag of this value would be read as None.
        raise ValueError(f"`{field.name}` must not be {value!r}; give None for none.")
    if field_type.is_tuple and not isinstance(value, tuple):
        raise TypeError(
            f"`{field.name}` must be a tuple of {field_type.base.__name__};"
            f" got {value!r}."
        )
    for element in value if field_type.is_tuple else (value,):
        _check(field.name, element, field_type.base, rules)


def _check(name: str, value: Any, base: type, rules: Setting) -> None:
    # bool is an int to Python; to a reader of a configuration it is not.
    numeric = {int: (int,), float: (int, float)}.get(base)
    fits = isinstance(value, numeric or base)
    if not fits or (numeric and isinstance(value, bool)):
        raise TypeError(f"`{name}` must be of type {base.__name__}; got {value!r}.")
    if base is str:
        _check_text(name, value)
    if rules.is_path:
        _check_path(name, value, rules.url_schemes)
    if rules.choices is not None and not _is_choice(value, rules):
        every = ", ".join((*rules.choices, *rules.open_choices))
        raise ValueError(f"`{name}` must be one of {every}; got {value!r}.")
    for words, bound, holds in (
        ("at least", rules.minimum, lambda v, b: v >= b),
        ("above", rules.exclusive_minimum, lambda v, b: v > b),
        ("at most", rules.maximum, lambda v, b: v <= b),
        ("below", rules.exclusive_maximum, lambda v, b: v < b),
    ):
        if bound is not None and not holds(value, bound):
            raise ValueError(f"`{name}` must be {words} {bound}; got {value}.")
    if base is float and not math.isfinite(value):
        raise ValueError(f"`{name}` must be finite; got {value}.")


def _is_choice(value: Any, rules: Setting) -> bool:
    starts = tuple(choice.partition(":")[0] + ":" for choice in rules.open_choices)
    return value in (rules.choices or ()) or (
        isinstance(value, str) and bool(starts) and value.startswith(starts)
    )


def control_character(text: str) -> str | None:
    """Finds the first character that cannot be in a line of text, e.g. a newline."""
    return next((c for c in text if unicodedata.category(c) in _CONTROL), None)


def check_line(name: str, text: str) -> None:
    """Checks that a text can be written on one line of a flagfile.

    Raises:
      ValueError: it contains a control character.
    """
    character = control_character(text)
    if character is not None:
        raise ValueError(
            f"`{name}` must not contain control characters; got {character!r} in"
            f" {text!r}."
        )


def _check_text(name: str, value: str) -> None:
    check_line(name, value)
    if value != value.strip():
        raise ValueError(f"`{name}` must not begin or end with a space; got {value!r}.")


def _check_path(name: str, value: str, url_schemes: tuple[str, ...]) -> None:
    if not value:
        raise ValueError(f"`{name}` must name a path; got an empty one.")
    scheme = re.match(r"([A-Za-z][A-Za-z0-9+.-]*):/", value)
    if scheme and url_schemes and scheme[1] not in url_schemes:
        allowed = ", ".join(f"{scheme}://" for scheme in url_schemes)
        raise ValueError(
            f"`{name}` must be a path, or a URL that begins with {allowed}; got"
            f" {value!r}."
        )
    if scheme and not url_schemes:
        raise ValueError(
            f"`{name}` must be a path on this machine, not a URL; got {value!r}. Mount"
            " or copy the data."
        )


def expand_path(name: str, path: str) -> str:
    """Replaces the ~ or ~user of a path by the home directory.

    Raises:
      ValueError: there is no such user.
    """
    expanded = os.path.expanduser(path)
    if expanded.startswith("~"):
        user = path[1:].partition("/")[0]
        raise ValueError(
            f"`{name}` names the home directory of {user!r}, but there is no such user;"
            f" got {path!r}. Write ./{path} for a path of that name."
        )
    return expanded


def check_count(name: str, value: Any, minimum: int = 1) -> None:
    """Checks a number of things that a caller gives.

    Raises:
      ValueError: it is not an integer, or is below `minimum`.
    """
    is_integer = isinstance(value, numbers.Integral) and not isinstance(value, bool)
    if not is_integer or value < minimum:
        raise ValueError(
            f"`{name}` must be an integer, at least {minimum}; got {value!r}."
        )


def choose(table: Mapping[str, Any], name: str, argument: str) -> Any:
    """Looks up `name` in a dict of plug-ins, e.g. MODELS.

    Raises:
      ValueError: the table has no such name; the message lists the names.
    """
    if name not in table:
        raise ValueError(
            f"`{argument}` must be one of {', '.join(sorted(table))}; got {name!r}."
        )
    return table[name]


def class_of(group: Any) -> type:
    """Returns the dataclass, given it or an instance of it."""
    return group if isinstance(group, type) else type(group)


def flag_name(field: dataclasses.Field) -> str:
    """Returns the name of a field's flag: `class_`, which Python needs, is `class`."""
    return field.name.removesuffix("_")


def fields_of(group: Any) -> Iterator[tuple[type, dataclasses.Field, Any]]:
    """Yields (class, field, default); an instance's values are the defaults."""
    for field in dataclasses.fields(group):
        default = field.default
        if not isinstance(group, type):
            default = getattr(group, field.name)
        yield class_of(group), field, default


def text_of(field: dataclasses.Field, value: Any) -> str:
    """Formats a value as the text of its flag, which is parsed to the same value."""
    if value is None:
        return rules_of(field).none_name
    if isinstance(value, tuple):
        return _join(value)
    return str(value).lower() if isinstance(value, bool) else str(value)


def _join(elements: tuple) -> str:
    """Joins elements by commas; an element with a comma gets quotes."""
    line = io.StringIO()
    csv.writer(line, lineterminator="").writerow(elements)
    return line.getvalue()


def elements_of(text: str) -> list[str]:
    """Splits the text of a tuple's flag into the texts of its elements.

    Raises:
      ValueError: a quotation mark is not closed.
    """
    if not text:
        return []
    try:
        (elements,) = csv.reader([text], skipinitialspace=True, strict=True)
    except csv.Error as error:
        raise ValueError(
            f"must be a list with commas ({error}); got {text!r}"
        ) from error
    return [element.strip() for element in elements]
