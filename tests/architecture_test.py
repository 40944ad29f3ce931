"""The floors of the house hold here, and the check of them finds what it should."""

import pathlib

import pytest

from tests.testing import import_floors

_ROOT = pathlib.Path(__file__).resolve().parents[1]


def test_imports_point_down():
    assert import_floors.check(_ROOT) == []


def test_every_package_of_the_house_is_there():
    assert {name.split(".")[0] for name in import_floors.modules_of(_ROOT)} == set(
        import_floors.PACKAGES
    )


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
    "smoothing_tf/config/__init__.py": "from smoothing_tf.config.flags import parse\n",
    "smoothing_tf/config/flags.py": "from absl import flags\n",
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
    assert import_floors.check(_plant(tmp_path, _SOUND)) == []


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
        ("components/train/__init__.py", "from . import component", "imports kfp, by"),
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
    # Something to import for those that need it.
    targets = {f"smoothing_tf/{unit}/b.py": "" for unit in ("smoothing", "training")}
    targets["smoothing_tf/data/b.py"] = ""
    if "shared" in source:
        targets["components/shared.py"] = "from kfp import dsl\n"
    _plant(tmp_path, {**_SOUND, **targets, path: source})
    problems = import_floors.check(tmp_path)
    assert any(message in problem for problem in problems), problems


def test_a_directory_without_init_is_found(tmp_path):
    _plant(tmp_path, _SOUND)
    (tmp_path / "smoothing_tf/models/__init__.py").unlink()
    assert import_floors.check(tmp_path) == ["smoothing_tf/models has no __init__.py."]
