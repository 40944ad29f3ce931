"""Which module stands on which floor, and a check that imports point down only.

A module may import from its own unit and from units on lower floors. `check` walks the
imports of a source tree, those inside functions included.
"""

import ast
import pathlib

PACKAGES = ("smoothing_tf", "experiments", "components", "pipeline")
# Directories of Python files that the library does not consist of.
_APART = {"tests", "benchmarks", "build", "dist", "runs"}

_COMMAND_LINES = ("train", "sample", "evaluate", "export", "import_torch", "reproduce")
# Units of smoothing_tf by floor, the lowest first.
_FLOORS = (
    ("quiet", "os_errors", "locks", "stage"),
    ("numerics", "artifacts", "settings", "seeds", "devices", "code_digest"),
    ("distributions", "smoothing", "layers"),
    ("models",),
    ("data",),
    ("sampling",),
    ("training", "evaluation", "serving"),
    ("config",),
    ("stages", "run_files"),
    ("workdir",),
    ("command_line",),
    _COMMAND_LINES,
)
_SMOOTHING_TF = {
    f"smoothing_tf.{unit}": floor
    for floor, units in enumerate(_FLOORS)
    for unit in units
}
# components.<file> serves components.<directory>.executor, which serves .component.
_EXPERIMENTS = len(_FLOORS)
_COMPONENTS = _EXPERIMENTS + 1
_PIPELINE = _COMPONENTS + 3
_RUNNERS = ("pipeline.local_runner", "pipeline.kubeflow_runner")

_FLAG_MODULES = ("smoothing_tf.config.flags", "smoothing_tf.command_line")
_NEVER = ("tf_keras", "tensorflow_hub", "tests", "benchmarks")
# Models are given arrays and configurations; they open no files.
_NEVER_IN_MODELS = (
    "smoothing_tf.artifacts",
    "os",
    "pathlib",
    "shutil",
    "tempfile",
    "tensorflow_datasets",
)
# What TensorFlow Probability builds out of Keras 2 layers.
_KERAS_2 = (
    "tensorflow_probability.layers",
    "tensorflow_probability.python.layers",
    "tensorflow_probability.distributions.PixelCNN",
    "tensorflow_probability.bijectors.AutoregressiveNetwork",
    "tensorflow_probability.bijectors.masked_autoregressive_default_template",
    "tensorflow_probability.bijectors.masked_dense",
    "tensorflow_probability.bijectors.real_nvp_default_template",
)


def _below(name: str, roots: tuple[str, ...]) -> bool:
    return any(name == root or name.startswith(root + ".") for root in roots)


def modules_of(root: pathlib.Path) -> dict[str, pathlib.Path]:
    """Dotted name -> file of every module of the three packages."""
    modules = {}
    for package in PACKAGES:
        for path in sorted((root / package).rglob("*.py")):
            parts = path.relative_to(root).with_suffix("").parts
            modules[".".join(parts).removesuffix(".__init__")] = path
    return modules


def _place(name: str) -> tuple[str, int] | None:
    """The unit of a module and its floor; None when it was given none."""
    parts = name.split(".")
    if parts[0] == "experiments":
        return "experiments", _EXPERIMENTS
    if parts[0] == "pipeline":
        return (name, _PIPELINE + 1) if name in _RUNNERS else ("pipeline", _PIPELINE)
    if parts[0] == "components":
        if len(parts) < 3:
            return "components", _COMPONENTS
        step = 2 if parts[2] == "component" else 1
        return f"components.{parts[1]}.{step}", _COMPONENTS + step
    unit = ".".join(parts[:2])
    return (unit, _SMOOTHING_TF[unit]) if unit in _SMOOTHING_TF else None


def _dotted(node: ast.expr) -> str | None:
    if isinstance(node, ast.Attribute):
        base = _dotted(node.value)
        return base and f"{base}.{node.attr}"
    return node.id if isinstance(node, ast.Name) else None


class _Names(ast.NodeVisitor):
    """Every dotted name that a module imports, and every one that it reaches into."""

    def __init__(self, name: str, is_package: bool):
        self.imported: dict[str, int] = {}
        self.used: dict[str, int] = {}
        self._package = name.split(".") if is_package else name.split(".")[:-1]
        self._aliases: dict[str, str] = {}

    def visit_Import(self, node: ast.Import) -> None:
        for alias in node.names:
            self.imported.setdefault(alias.name, node.lineno)
            bound = alias.name if alias.asname else alias.name.split(".")[0]
            self._aliases[alias.asname or bound] = bound

    def visit_ImportFrom(self, node: ast.ImportFrom) -> None:
        parts = self._package[: len(self._package) - node.level + 1]
        base = ".".join([*(parts if node.level else []), *filter(None, [node.module])])
        for alias in node.names:
            self.imported.setdefault(f"{base}.{alias.name}", node.lineno)
            self._aliases[alias.asname or alias.name] = f"{base}.{alias.name}"

    def visit_Assign(self, node: ast.Assign) -> None:
        value = _dotted(node.value)
        if value and len(node.targets) == 1 and isinstance(node.targets[0], ast.Name):
            self._aliases[node.targets[0].id] = self._resolve(value)
        self.generic_visit(node)

    def visit_Attribute(self, node: ast.Attribute) -> None:
        name = _dotted(node)
        if name:
            self.used.setdefault(self._resolve(name), node.lineno)
        self.generic_visit(node)

    def _resolve(self, name: str) -> str:
        head, *tail = name.split(".")
        return ".".join([self._aliases.get(head, head), *tail])


def _module_of(imported: str, modules: dict[str, pathlib.Path]) -> str | None:
    """The longest prefix of an imported name that is one of our modules."""
    parts = imported.split(".")
    if parts[0] not in PACKAGES:
        return None
    prefixes = (".".join(parts[:end]) for end in range(len(parts), 0, -1))
    return next((prefix for prefix in prefixes if prefix in modules), parts[0])


def _edge(module: str, target: str) -> str | None:
    """What is wrong with `module` importing from our module `target`."""
    if module == "smoothing_tf":
        banned = tuple(f"smoothing_tf.{name}" for name in _COMMAND_LINES)
        banned += ("smoothing_tf.command_line", *PACKAGES[1:])
        if _below(target, banned):
            return "the public names hold no command lines"
        return None
    if target == "smoothing_tf":
        return "import the submodule, not the top package"
    source, destination = _place(module), _place(target)
    if source is None or destination is None or source[0] == destination[0]:
        return None
    if destination[1] > source[1]:
        return "points up"
    return "points sideways" if destination[1] == source[1] else None


def _external(module: str, imported: str) -> str | None:
    """What is wrong with `module` importing or reaching into `imported`."""
    if _below(imported, _NEVER):
        return "is never imported here"
    if _below(imported, _KERAS_2):
        return "is made of Keras 2 layers"
    if _below(imported, ("absl.flags",)) and module not in _FLAG_MODULES:
        return "config/flags.py and command_line.py alone touch flags"
    if _below(module, ("smoothing_tf.models",)) and _below(imported, _NEVER_IN_MODELS):
        return "models open no files"
    return None


def _parents(module: str) -> list[str]:
    """The packages whose __init__ runs before `module` does."""
    parts = module.split(".")
    return [".".join(parts[:end]) for end in range(1, len(parts))]


def _reachable(module: str, edges: dict[str, set[str]]) -> set[str]:
    seen, waiting = set(), [module]
    while waiting:
        current = waiting.pop()
        if current not in seen:
            seen.add(current)
            waiting.extend(edges.get(current, ()))
    return seen


def check(root: pathlib.Path) -> list[str]:
    """Violations of the floors in the source tree below `root`, one line each."""
    modules = modules_of(root)
    problems = []
    edges: dict[str, set[str]] = {}
    uses_kfp = set()
    for directory in sorted({path.parent for path in modules.values()}):
        if not (directory / "__init__.py").exists():
            problems.append(f"{directory.relative_to(root)} has no __init__.py.")
    for path in sorted(root.glob("*/__init__.py")):
        if path.parent.name not in (*PACKAGES, *_APART):
            problems.append(f"The package {path.parent.name} is new: give it a floor.")
    for module, path in modules.items():
        if module != "smoothing_tf" and _place(module) is None:
            problems.append(f"{module} is new: give it a floor in {__name__}.")
        names = _Names(module, path.name == "__init__.py")
        names.visit(ast.parse(path.read_text(encoding="utf-8"), str(path)))
        edges[module] = set(_parents(module))
        found: dict[str, int] = {}
        for imported, line in names.imported.items():
            target = _module_of(imported, modules)
            # A package's own names, in its own __init__, are no edge.
            reason = _edge(module, target) if target and target != module else None
            if target in modules:
                edges[module] |= {target, *_parents(target)}
            if imported.split(".")[0] == "kfp":
                uses_kfp.add(module)
            if reason := reason or _external(module, imported):
                found.setdefault(f"{imported}: {reason}", line)
        for used, line in names.used.items():
            if reason := _external(module, used):
                found.setdefault(f"{used}: {reason}", line)
        for message, line in found.items():
            problems.append(f"{path.relative_to(root)}:{line}: {message}.")
    for module in modules:
        if not _below(module, ("components", "pipeline")) and module in uses_kfp:
            problems.append(f"{module} imports kfp: only components and pipeline may.")
        if _below(module, ("components",)) and not module.endswith(".component"):
            for reached in sorted(_reachable(module, edges) & uses_kfp):
                problems.append(f"{module} imports kfp, by {reached}: never.")
    return problems
