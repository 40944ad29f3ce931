"""The floors of the house: imports point down only.

A module may import from its own unit and from units on lower floors. `check` walks the
imports of a source tree, those inside functions included, and returns one line per
violation; the tests run it on this repository and on planted violations.
"""

import ast
import pathlib

import pytest

_ROOT = pathlib.Path(__file__).resolve().parents[1]
_PACKAGES = ("smoothing_tf", "components", "pipeline")
# Directories of Python files that the library does not consist of.
_APART = {"tests", "benchmarks", "build", "dist", "runs"}

_COMMAND_LINES = ("train", "sample", "evaluate", "export", "reproduce")
# Units of smoothing_tf by floor, the lowest first. The fifth has an order of its own.
_FLOORS = (
    ("numerics", "artifacts", "settings", "seeds"),
    ("distributions", "smoothing", "layers"),
    ("models",),
    ("data",),
    ("training", "evaluation", "serving"),
    ("config",),
    ("workdir",),
    ("command_line",),
    ("experiments",),
    _COMMAND_LINES,
)
_SMOOTHING_TF = {
    f"smoothing_tf.{unit}": floor
    for floor, units in enumerate(_FLOORS)
    for unit in units
}
# components.<file> serves components.<directory>.executor, which serves .component.
_COMPONENTS = len(_FLOORS)
_PIPELINE = _COMPONENTS + 3
_RUNNERS = ("pipeline.local_runner", "pipeline.kubeflow_runner")

_FLAG_MODULES = ("smoothing_tf.config", "smoothing_tf.command_line")
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


def _modules(root: pathlib.Path) -> dict[str, pathlib.Path]:
    """Dotted name -> file of every module of the three packages."""
    modules = {}
    for package in _PACKAGES:
        for path in sorted((root / package).rglob("*.py")):
            parts = path.relative_to(root).with_suffix("").parts
            modules[".".join(parts).removesuffix(".__init__")] = path
    return modules


def _place(name: str) -> tuple[str, int] | None:
    """The unit of a module and its floor; None when it was given none."""
    parts = name.split(".")
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
    if parts[0] not in _PACKAGES:
        return None
    prefixes = (".".join(parts[:end]) for end in range(len(parts), 0, -1))
    return next((prefix for prefix in prefixes if prefix in modules), parts[0])


def _edge(module: str, target: str) -> str | None:
    """What is wrong with `module` importing from our module `target`."""
    if module == "smoothing_tf":
        banned = tuple(f"smoothing_tf.{name}" for name in _COMMAND_LINES)
        banned += ("smoothing_tf.command_line", "components", "pipeline")
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
        return "config.py and command_line.py alone touch flags"
    if _below(module, ("smoothing_tf.models",)) and _below(imported, _NEVER_IN_MODELS):
        return "models open no files"
    return None


def _reachable(module: str, edges: dict[str, set[str]]) -> set[str]:
    seen, waiting = set(), [module]
    while waiting:
        current = waiting.pop()
        if current not in seen:
            seen.add(current)
            waiting.extend(edges[current])
    return seen


def check(root: pathlib.Path) -> list[str]:
    """Violations of the floors in the source tree below `root`, one line each."""
    modules = _modules(root)
    problems = []
    edges: dict[str, set[str]] = {}
    uses_kfp = set()
    for directory in sorted({path.parent for path in modules.values()}):
        if not (directory / "__init__.py").exists():
            problems.append(f"{directory.relative_to(root)} has no __init__.py.")
    for path in sorted(root.glob("*/__init__.py")):
        if path.parent.name not in (*_PACKAGES, *_APART):
            problems.append(f"The package {path.parent.name} is new: give it a floor.")
    for module, path in modules.items():
        if module != "smoothing_tf" and _place(module) is None:
            problems.append(f"{module} is new: give it a floor in {__name__}.")
        names = _Names(module, path.name == "__init__.py")
        names.visit(ast.parse(path.read_text(encoding="utf-8"), str(path)))
        edges[module] = set()
        found: dict[str, int] = {}
        for imported, line in names.imported.items():
            target = _module_of(imported, modules)
            # A package's own names, in its own __init__, are no edge.
            reason = _edge(module, target) if target and target != module else None
            if target in modules:
                edges[module].add(target)
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


def test_imports_point_down():
    assert check(_ROOT) == []


def test_every_package_of_the_house_is_there():
    assert {name.split(".")[0] for name in _modules(_ROOT)} == set(_PACKAGES)


def _plant(root: pathlib.Path, sources: dict[str, str]) -> pathlib.Path:
    for name, source in sources.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(source)
        for parent in path.relative_to(root).parents[:-1]:
            (root / parent / "__init__.py").touch()
    return root


_SOUND = {
    "smoothing_tf/__init__.py": "from smoothing_tf.models import made\n",
    "smoothing_tf/numerics.py": "import numpy as np\n",
    "smoothing_tf/config.py": "from absl import flags\n",
    "smoothing_tf/models/made.py": (
        "import tensorflow_probability as tfp\n"
        "from smoothing_tf import numerics\n"
        "from smoothing_tf.models import pixelcnn\n"
        "tfd = tfp.distributions\n"
        "x = pixelcnn.PixelCNN(), tfd.Normal(0.0, 1.0)\n"
    ),
    "smoothing_tf/models/pixelcnn.py": "from . import heads\n",
    "smoothing_tf/models/heads.py": "from ..numerics import nats_to_bits\n",
    "smoothing_tf/train.py": "from smoothing_tf import config\n",
    "components/train/executor.py": "from smoothing_tf.models import made\n",
    "components/train/component.py": (
        "from kfp import dsl\ndef train():\n    from components.train import executor\n"
    ),
    "pipeline/pipeline.py": "from components.train.component import train\n",
    "pipeline/local_runner.py": "from pipeline import pipeline\nimport kfp.local\n",
}


def test_a_sound_tree_passes(tmp_path):
    assert check(_plant(tmp_path, _SOUND)) == []


@pytest.mark.parametrize(
    ("path", "source", "message"),
    [
        ("smoothing_tf/numerics.py", "import smoothing_tf.models.made", "points up"),
        ("smoothing_tf/seeds.py", "from .numerics import x", "points sideways"),
        ("smoothing_tf/layers/a.py", "from ..smoothing import b", "points sideways"),
        ("smoothing_tf/data/a.py", "from smoothing_tf import train", "points up"),
        ("smoothing_tf/models/a.py", "from smoothing_tf import data", "points up"),
        (
            "smoothing_tf/serving/a.py",
            "from smoothing_tf.training import b",
            "sideways",
        ),
        ("smoothing_tf/sample.py", "from smoothing_tf.train import main", "sideways"),
        ("smoothing_tf/evaluate.py", "def f():\n    import pipeline.pipeline", "up"),
        ("smoothing_tf/export.py", "from smoothing_tf import MADE", "top package"),
        ("smoothing_tf/export.py", "import smoothing_tf", "top package"),
        ("smoothing_tf/__init__.py", "from smoothing_tf import train", "command lines"),
        ("smoothing_tf/data/a.py", "from absl import flags", "alone touch flags"),
        ("smoothing_tf/train.py", "from absl.flags import FLAGS", "alone touch flags"),
        ("smoothing_tf/train.py", "import absl.app\nabsl.flags.FLAGS", "touch flags"),
        ("smoothing_tf/train.py", "from tests.testing import a", "never imported"),
        ("smoothing_tf/data/a.py", "import tensorflow_hub as hub", "never imported"),
        ("smoothing_tf/data/a.py", "import tf_keras.layers", "never imported"),
        ("smoothing_tf/models/a.py", "import pathlib", "models open no files"),
        (
            "smoothing_tf/models/a.py",
            "import tensorflow_probability as tfp\nd = tfp.distributions\nd.PixelCNN",
            "made of Keras 2 layers",
        ),
        (
            "smoothing_tf/models/a.py",
            "from tensorflow_probability import bijectors as tfb\n"
            "tfb.real_nvp_default_template([8])",
            "made of Keras 2 layers",
        ),
        ("smoothing_tf/data/a.py", "from kfp import dsl", "imports kfp"),
        ("components/train/executor.py", "from kfp import dsl", "imports kfp"),
        ("components/train/executor.py", "from . import component", "points up"),
        ("components/train/executor.py", "from components import shared", "shared"),
        ("components/push/executor.py", "import components.train.executor", "sideways"),
        ("components/push/component.py", "from pipeline import pipeline", "points up"),
        ("pipeline/pipeline.py", "from pipeline import local_runner", "points up"),
        ("pipeline/kubeflow_runner.py", "import pipeline.local_runner", "sideways"),
        ("smoothing_tf/helpers.py", "", "give it a floor"),
        ("smoothing_tf/utils/strings.py", "", "give it a floor"),
        ("smoothing_tf_extra/a.py", "", "give it a floor"),
    ],
)
def test_a_planted_violation_is_found(tmp_path, path, source, message):
    shared = (
        {"components/shared.py": "from kfp import dsl\n"} if "shared" in path else {}
    )
    if "import shared" in source:
        # Something to import for those that need it.
    targets = {f"smoothing_tf/{unit}/b.py": "" for unit in ("smoothing", "training")}
    targets["smoothing_tf/data/b.py"] = ""
    if "shared" in source:
        targets["components/shared.py"] = "from kfp import dsl\n"
    _plant(tmp_path, {**_SOUND, **targets, path: source})
    problems = check(tmp_path)
    assert any(message in problem for problem in problems), problems


def test_a_directory_without_init_is_found(tmp_path):
    _plant(tmp_path, _SOUND)
    (tmp_path / "smoothing_tf/models/__init__.py").unlink()
    assert check(tmp_path) == ["smoothing_tf/models has no __init__.py."]
