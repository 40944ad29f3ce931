"""The README is a front page, and its lines of Python train, load, sample and score."""

import numpy as np

from tests.testing import pages

_TEXT = pages.PAGES[pages.README]


def test_it_is_short_and_begins_with_the_two_commands():
    assert len(_TEXT.splitlines()) <= 150
    assert pages.commands(_TEXT)[:2] == ["make run", "make test"]


def test_its_lines_of_python_run(tmp_path, capsys):
    code = pages.block("README.md", "python", "smoothing_tf.fit")
    assert len([line for line in code.splitlines() if line.strip()]) <= 10
    tiny = {
        "num_steps=1000": "num_steps=1, sample_every=0, hidden_units=(8,)",
        "64, seed": "2, seed",
        '"runs/made"': f'"{tmp_path}"',
    }
    for value, tiny_value in tiny.items():
        assert value in code
        code = code.replace(value, tiny_value)
    names = {}
    exec(code, names)
    assert names["samples"].shape == (2, 8, 8, 1)
    assert names["samples"].dtype == np.float32
    assert names["bound"]["n"] == len(names["digits"])
    assert np.isfinite(names["bound"]["value"])
    assert capsys.readouterr().out.endswith(" bits per dimension\n")
