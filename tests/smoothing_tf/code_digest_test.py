"""A node's digest depends on the code that the node imports, and on no other."""

import pytest

from smoothing_tf import code_digest

NODES = ("ingest", "augment", "train", "export", "generate", "evaluate", "push")

TREE = {
    "smoothing_tf/__init__.py": "from smoothing_tf.models import net\n",
    "smoothing_tf/numerics.py": "import math\n",
    "smoothing_tf/models/__init__.py": "from smoothing_tf.models.other import f\n",
    "smoothing_tf/models/net.py": (
        "from smoothing_tf import numerics\n"
        "TABLE = {'plug_in': 'smoothing_tf.models.plug_in:PlugIn'}\n"
    ),
    "smoothing_tf/models/plug_in.py": "",
    "smoothing_tf/models/other.py": "from . import net\n",
    "smoothing_tf/report/__init__.py": "",
    "smoothing_tf/report/page.py": (
        "def f():\n    from ..models.net import Net\n    open('page.html.j2')\n"
    ),
    "smoothing_tf/report/page.html.j2": "<html>",
    "smoothing_tf/report/other.html.j2": "<html>",
    "components/__init__.py": "",
    "components/train/__init__.py": "",
    "components/train/executor.py": "import smoothing_tf.models.other\n",
    "components/evaluate/__init__.py": "",
    "components/evaluate/executor.py": "from smoothing_tf.report import page\n",
    "components/export/__init__.py": "",
    "components/export/executor.py": "from smoothing_tf.models import f\n",
}


@pytest.fixture
def tree(tmp_path):
    for name, text in TREE.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return tmp_path


def digests(root):
    return {
        node: code_digest.code_digest(f"components.{node}.executor", root)
        for node in ("train", "evaluate", "export")
    }


@pytest.mark.parametrize(
    "changed, nodes",
    [
        ("smoothing_tf/numerics.py", {"train", "evaluate", "export"}),
        ("smoothing_tf/models/__init__.py", {"export"}),
        ("smoothing_tf/models/net.py", {"train", "evaluate", "export"}),
        ("smoothing_tf/models/other.py", {"train", "export"}),
        ("smoothing_tf/models/plug_in.py", {"train", "evaluate", "export"}),
        ("smoothing_tf/report/page.py", {"evaluate"}),
        ("smoothing_tf/report/page.html.j2", {"evaluate"}),
        ("smoothing_tf/report/other.html.j2", set()),
        ("components/train/executor.py", {"train"}),
        ("smoothing_tf/__init__.py", set()),
    ],
)
def test_a_changed_line_changes_exactly_the_nodes_that_import_it(tree, changed, nodes):
    before = digests(tree)
    with (tree / changed).open("a") as file:
        file.write("\n# A changed line.\n")
    after = digests(tree)
    assert {node for node in before if before[node] != after[node]} == nodes


@pytest.mark.parametrize("name", ["tensorflow", "keras", "apache-beam", "numpy"])
def test_another_version_of_a_dependency_changes_every_node(tree, monkeypatch, name):
    before = digests(tree)
    version = code_digest.metadata.version
    monkeypatch.setattr(
        code_digest.metadata,
        "version",
        lambda asked: version(asked) + ("1" if asked == name else ""),
    )
    after = digests(tree)
    assert all(before[node] != after[node] for node in before)


def test_a_digest_does_not_depend_on_the_place_or_on_byte_code(tree, tmp_path):
    before = digests(tree)
    cache = tree / "smoothing_tf" / "__pycache__"
    cache.mkdir()
    (cache / "numerics.cpython-311.pyc").write_bytes(b"compiled")
    moved = tmp_path.parent / f"{tmp_path.name}_moved"
    tree.rename(moved)
    assert digests(moved) == before


def test_an_unknown_module_is_named(tree):
    with pytest.raises(ModuleNotFoundError, match="components.nothing.executor"):
        code_digest.code_digest("components.nothing.executor", tree)


def test_the_real_nodes_reach_their_own_layers_only():
    names = {
        node: {
            path.relative_to(code_digest.ROOT).as_posix()
            for path in code_digest.source_files(f"components.{node}.executor")
        }
        for node in NODES
    }
    assert "smoothing_tf/training/loop.py" in names["train"]
    # Plug-ins of a table.
    for part in ("models/realnvp.py", "models/heads.py", "smoothing/laplace.py"):
        assert f"smoothing_tf/{part}" in names["train"]
    assert "smoothing_tf/serving/saved_model.py" in names["export"]
    assert "smoothing_tf/evaluation/report.html.j2" in names["evaluate"]
    # An additional picture in the report, another extractor or a help text must not
    # repeat the training.
    for part in ("/evaluation/report", "/evaluation/extractors/", "/help_text"):
        assert not any(part in name for name in names["train"])
    # Generation and push see the exported model only, never the Python one.
    for node in ("generate", "push"):
        assert not any("smoothing_tf/models/" in name for name in names[node])
