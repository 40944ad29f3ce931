"""The client of docs/serving.md runs, and the page names all signatures."""

from smoothing_tf.models import MADEConfig, build_model
from smoothing_tf.models.trained import Trained
from smoothing_tf.serving import export_saved_model
from smoothing_tf.smoothing import Gaussian
from tests.testing.pages import ROOT, block

_PAGE = "docs/serving.md"


def test_the_client_runs(tmp_path):
    stages = {
        stage: build_model(
            "made",
            MADEConfig(hidden_units=(8,), num_mixtures=2),
            stage=stage,
            event_shape=(8, 8, 1),
            num_levels=17,
        )
        for stage in ("smoothed", "reverse")
    }
    directory = tmp_path / "runs/models/digits/1"
    trained = Trained(smoothing=Gaussian(0.3), num_levels=17, **stages)
    export_saved_model(trained, directory)
    client = block(_PAGE, "python", "saved_model.load")
    path, names = "runs/models/digits/1", {}
    assert path in client
    exec(client.replace(path, str(directory)), names)
    assert f"{names['images'].dtype} {list(names['images'].shape)}" in client
    table = (ROOT / _PAGE).read_text(encoding="utf-8")
    for name in names["model"].signatures:
        assert f"`{name}`" in table, name
