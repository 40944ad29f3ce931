"""A digest of the library code that a result comes from.

A runner's cache compares a node's image, its inputs and the few lines of its
component, but not the library behind them. The digest, given to the node as one
more parameter, makes a changed line re-run exactly the nodes that import it. It also
covers the installed versions of the packages that compute, because a newer TensorFlow
might give a node other results. Stored results of experiments carry the digest as well.
"""

import ast
import functools
import hashlib
import pathlib
import re
from importlib import metadata

from smoothing_tf.checkout import PACKAGES, ROOT

# Packages whose versions are part of the digest, as installed where it is computed.
DISTRIBUTIONS = (
    "apache-beam",
    "keras",
    "numpy",
    "pillow",
    "tensorflow",
    "tensorflow-datasets",
    "tensorflow-probability",
    "tf_keras",
)

# A plug-in in a table, e.g. "smoothing_tf.smoothing.gaussian:Gaussian".
_PLACE = re.compile(r"\w+(?:\.\w+)*:\w+")


def code_digest(module: str, root: pathlib.Path = ROOT) -> str:
    """Computes the SHA-256 of a module, our code that it imports, and DISTRIBUTIONS.

    Imports are followed statically, including those inside functions and for type
    checkers, so nothing is executed. "module:name" in a string, the place of a plug-in,
    counts as an import. A package's __init__.py, which re-exports names, counts only
    where a name is imported from it, not where a module below it is; that of a
    top-level package never counts. A file next to a module that the module names in a
    string, e.g. a template, counts as part of it.

    Args:
      module: dotted name, e.g. "components.train.executor".
      root: directory that holds the packages.

    Returns:
      64 hexadecimal digits.

    Raises:
      ModuleNotFoundError: `root` holds no such module.
    """
    digest = hashlib.sha256()
    for name in DISTRIBUTIONS:
        digest.update(f"{name}=={metadata.version(name)}\0".encode())
    for path in source_files(module, root):
        digest.update(f"{path.relative_to(root).as_posix()}\0".encode())
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()


def source_files(module: str, root: pathlib.Path = ROOT) -> list[pathlib.Path]:
    """Finds the files that `code_digest` reads, sorted; same arguments and errors."""
    if _find(module, root) is None:
        raise ModuleNotFoundError(f"There is no module {module} below {root}.")
    modules: dict[str, pathlib.Path] = {}
    waiting = [module]
    while waiting:
        name = waiting.pop()
        path = _find(name, root)
        if name in modules or path is None:
            continue
        modules[name] = path
        waiting += _imports(name, path, root)
    files = set()
    for path in modules.values():
        _, strings = _read(path, path.stat().st_mtime_ns)
        files.add(path)
        files.update(p for p in path.parent.iterdir() if p.name in strings)
    return sorted(path for path in files if path.is_file())


def _find(name: str, root: pathlib.Path) -> pathlib.Path | None:
    path = root.joinpath(*name.split("."))
    for candidate in (path.with_name(path.name + ".py"), path / "__init__.py"):
        if candidate.is_file():
            return candidate
    return None


def _imports(name: str, path: pathlib.Path, root: pathlib.Path) -> set[str]:
    """Finds our modules that importing and running `name`, stored in `path`, loads."""
    package = name if path.name == "__init__.py" else name.rpartition(".")[0]
    imports, _ = _read(path, path.stat().st_mtime_ns)
    modules = set()
    for level, target in imports:
        if level:
            base = package.split(".")
            target = ".".join([*base[: len(base) - level + 1], target])
        # The last part may be a module, or a member of the one before it.
        if _find(target, root) is None:
            target = target.rpartition(".")[0]
        parts = target.split(".")
        if parts[0] in PACKAGES and len(parts) > 1 and _find(target, root):
            modules.add(target)
    return modules


@functools.cache
def _read(
    path: pathlib.Path, _modified: int
) -> tuple[frozenset[tuple[int, str]], frozenset[str]]:
    """Reads a module's imports, as (number of leading dots, name), and its strings."""
    imports: set[tuple[int, str]] = set()
    strings: set[str] = set()
    for node in ast.walk(ast.parse(path.read_bytes(), filename=str(path))):
        if isinstance(node, ast.Import):
            imports.update((0, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            prefix = f"{node.module}." if node.module else ""
            imports.update((node.level, prefix + alias.name) for alias in node.names)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            strings.add(node.value)
            if _PLACE.fullmatch(node.value):
                imports.add((0, node.value.replace(":", ".")))
    return frozenset(imports), frozenset(strings)
