"""The model card says what is known, and has a picture."""

import dataclasses

import numpy as np
from PIL import Image

from smoothing_tf.models.classes import Classes
from smoothing_tf.serving.about import About
from smoothing_tf.serving.layout import CARD_FILE, PICTURE_FILE
from smoothing_tf.serving.model_card import model_card
from smoothing_tf.serving.served import Served


def test_an_export_has_a_card_with_a_picture(images_exported):
    card = (images_exported / CARD_FILE).read_text(encoding="utf-8")
    for text in (
        "not recorded; ask whoever provided the data",
        "No evaluation of these weights is recorded.",
        "| Noise of x~ | gaussian, standard deviation 0.3 |",
        "| Largest request | 20 rows |",
        "| Network of baseline | MADE, ",
        f"]({PICTURE_FILE})",
    ):
        assert text in card
    picture = np.asarray(Image.open(images_exported / PICTURE_FILE))
    assert len(np.unique(picture)) > 5


def test_names_of_data_and_classes_do_not_break_the_table(vectors):
    names = ("a|b", "# c\nd", "<script>")
    odd = dataclasses.replace(vectors, classes=Classes(names, None))
    about = About("my *data*", None, ("bits_per_dim <= 2.5 +- 0.1",))
    metadata = {
        "class_names": list(names),
        "num_classes": 3,
        "smoothing": "gaussian",
        "noise_scale": 0.3,
        "max_samples": 5,
        "signatures": ["sample"],
    }
    card = model_card(Served.of(odd), about, metadata, 1_500_000)
    assert card.startswith("# A model of my \\*data\\*\n")
    assert "| Classes | 3: a\\|b, # c d, \\<script\\> |" in card
    assert "- bits\\_per\\_dim \\<= 2.5 +- 0.1" in card
    assert "| Size | 1.5 MB |" in card
    rows = [line for line in card.splitlines() if line.startswith("|")]
    assert all(line.replace("\\|", "").count("|") == 3 for line in rows)
