"""Packages that import a public name when it is first used.

Importing TensorFlow takes seconds, sets environment variables and prints. A package
that offers names with and without TensorFlow therefore writes its imports in a block
for type checkers, which does not run, and leaves the rest to `import_when_used`:

  if TYPE_CHECKING:
      from smoothing_tf.models.made import MADE

  __all__ = ["MADE"]

  import_when_used(__name__)
"""

import ast
import importlib
import sys
import types
from typing import Any


def import_when_used(package: str, subpackages: tuple[str, ...] = ()) -> None:
    """Makes a package import the names of its TYPE_CHECKING block on first use.

    Args:
      package: `__name__` of the package, which calls this while it is imported.
      subpackages: subpackages that are imported likewise, as attributes.
    """
    module = sys.modules[package]
    loader: Any = module.__spec__ and module.__spec__.loader
    module.__class__ = _LazyPackage
    vars(module).update(
        _module_of=_read_imports(loader.get_source(package)), _subpackages=subpackages
    )


class _LazyPackage(types.ModuleType):
    """A package whose attributes are imported when they are first used."""

    _module_of: dict[str, str]  # Public name -> its module.
    _subpackages: tuple[str, ...]

    def __getattr__(self, name: str) -> Any:
        if name in self._subpackages:
            return importlib.import_module(f"{self.__name__}.{name}")
        if name not in self._module_of:
            raise AttributeError(f"module {self.__name__!r} has no attribute {name!r}")
        value = getattr(importlib.import_module(self._module_of[name]), name)
        vars(self)[name] = value
        return value

    def __setattr__(self, name: str, value: Any) -> None:
        # Importing the module `kernel_distance` of a package sets this attribute, also
        # where it is the name of a public function.
        if not (isinstance(value, types.ModuleType) and name in self._module_of):
            super().__setattr__(name, value)

    def __dir__(self) -> list[str]:
        return sorted({*vars(self), *self._module_of, *self._subpackages})


def _read_imports(source: str) -> dict[str, str]:
    """Finds the imports of the TYPE_CHECKING block, as name -> module."""
    (block,) = (
        node
        for node in ast.parse(source).body
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"
    )
    return {
        alias.name: statement.module
        for statement in block.body
        if isinstance(statement, ast.ImportFrom) and statement.module
        for alias in statement.names
    }
