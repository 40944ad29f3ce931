"""Dataclass fields as flags; the only module of the library that touches absl's flags.

A `FlagSet` is private to one parse: the flags of the process are left alone, so that
components and tests can parse in one process.
"""

import dataclasses
from collections.abc import Sequence
from typing import Any

from absl import flags

from smoothing_tf.config.flagfiles import expand_flagfiles
from smoothing_tf.settings import (
    check_line,
    check_value,
    class_of,
    elements_of,
    expand_path,
    fields_of,
    flag_name,
    rules_of,
    type_of,
)

# Raised for an unknown flag, or a value of the wrong type or out of range.
FlagError = flags.Error


class FlagSet:
    """The flags of one command line."""

    def __init__(self):
        self._values = flags.FlagValues()
        flags.DEFINE_boolean(
            "help", False, "Print this text.", flag_values=self._values
        )

    def define(
        self, config_class: type, field: dataclasses.Field, name: str, default: Any
    ) -> None:
        """Defines a flag for a field.

        Args:
          config_class: the dataclass of the field.
          field: a field made by `setting`.
          name: name of the flag.
          default: value of the flag when it is not given.
        """
        text = rules_of(field).help
        if type_of(config_class, field).base is bool:  # Also --name and --noname.
            flags.DEFINE_boolean(name, default, text, flag_values=self._values)
            return
        parser = _FieldParser(config_class, field)
        flags.DEFINE(parser, name, default, text, flag_values=self._values)

    def define_all(self, *groups: Any) -> None:
        """Defines the flags of all fields of dataclasses.

        Args:
          *groups: dataclasses made of `setting` fields, or instances of them, whose
            values are then the defaults.
        """
        for group in groups:
            for config_class, field, default in fields_of(group):
                self.define(config_class, field, flag_name(field), default)

    def read(self, argv: Sequence[str], *, known_only: bool = False) -> list[str]:
        """Parses arguments.

        Args:
          argv: arguments without the program's name; flagfiles are expanded.
          known_only: whether to return unknown flags instead of rejecting them.

        Returns:
          The remaining arguments.

        Raises:
          FlagError: an unknown flag or a wrong value; the message names the flag and
            what is allowed.
          ValueError: a flagfile is not valid.
        """
        arguments = ["command", *expand_flagfiles(argv)]
        return self._values(arguments, known_only=known_only)[1:]

    @property
    def wants_help(self) -> bool:
        """Whether `--help` was given."""
        return bool(self._values["help"].value)

    def is_given(self, name: str) -> bool:
        """Whether a flag was given, even with the value None."""
        return bool(self._values[name].present)

    def value(self, name: str) -> Any:
        """The value of a flag, or its default."""
        return self._values[name].value

    def collect(self, group: Any) -> Any:
        """Makes an instance of a dataclass from the flags of `define_all`.

        Raises:
          ValueError: a required flag is missing, or values do not fit together.
        """
        values = {}
        for config_class, field, _ in fields_of(group):
            value = values[field.name] = self.value(flag_name(field))
            if value is None and not type_of(config_class, field).is_optional:
                rules = rules_of(field)
                one_of = f" One of {', '.join(rules.choices)}." if rules.choices else ""
                raise ValueError(
                    f"`--{flag_name(field)}` must be given: {rules.help}{one_of}"
                )
        return class_of(group)(**values)


class _FieldParser(flags.ArgumentParser):
    """Parses a flag's text by the type and the rules of a dataclass field."""

    def __init__(self, config_class: type, field: dataclasses.Field):
        self._config_class = config_class
        self._field = field
        self.syntactic_help = ""

    def flag_type(self) -> str:
        return type_of(self._config_class, self._field).base.__name__

    def parse(self, argument: Any) -> Any:
        if not isinstance(argument, str):
            return argument
        check_line(flag_name(self._field), argument)
        field_type = type_of(self._config_class, self._field)
        if field_type.is_optional and argument == rules_of(self._field).none_name:
            return None
        if field_type.is_tuple:
            texts = elements_of(argument)
            value = tuple(self._convert(text, field_type.base) for text in texts)
        else:
            value = self._convert(argument, field_type.base)
        check_value(self._config_class, self._field, value)
        return value

    def _convert(self, text: str, base: type) -> Any:
        if rules_of(self._field).is_path:
            return expand_path(self._field.name, text)
        try:
            return base(text)
        except ValueError:
            raise ValueError(
                f"`{flag_name(self._field)}` must be of type {base.__name__}; got"
                f" {text!r}."
            ) from None
