"""The page about the data: what it shows, and that it needs nothing else."""

import dataclasses
import re

import numpy as np
import pytest

from components.ingest import executor
from components.ingest.charts import outline, shares_of
from smoothing_tf.artifacts import read_json
from smoothing_tf.data.dataset import Dataset
from smoothing_tf.data.source import source_from_arrays
from tests.testing.browser import look_at
from tests.testing.tiny_data import tiny_arrays


@pytest.fixture
def ingest(tmp_path, monkeypatch):
    """Ingests arrays; returns the page and the content of a JSON file."""

    def ingest(arrays, num_levels, labels=None, name="out", columns=None):
        source = source_from_arrays("tiny", arrays, num_levels, labels)
        source = dataclasses.replace(source, columns=columns)
        monkeypatch.setattr(executor, "open_dataset", lambda _: Dataset(source))
        executor.run(
            dataset="directory",
            data_dir=str(tmp_path),
            max_rejected_fraction=0.0,
            beam_runner="DirectRunner",
            beam_options=[],
            output_dir=str(tmp_path / name),
            page_file=tmp_path / f"{name} page" / "copy.html",
        )
        page = (tmp_path / name / "data.html").read_text()
        assert (tmp_path / f"{name} page" / "copy.html").read_text() == page
        return page, lambda file: read_json(tmp_path / name / f"{file}.json")

    return ingest


def _findings(read):
    return [f"{f['kind']}: {f['text']}" for f in read("anomalies")["findings"]]


def _cells(page):
    """Returns the texts of the cells of every table."""
    return [
        [re.sub(r"\s+", " ", re.sub("<.*?>", " ", cell)).strip() for cell in cells]
        for row in re.findall(r"<tr.*?</tr>", page, re.DOTALL)
        if (cells := re.findall(r"<td.*?</td>", row, re.DOTALL))
    ]


def _is_self_contained(page):
    references = re.findall(r"""(?:src|href|url)\s*[=(]\s*["']?([^"')>\s]+)""", page)
    # "data:," is the empty icon, without which a browser would ask for one.
    embedded = ("data:image/png;base64,", "data:,")
    return all(r.startswith(embedded) for r in references)


def test_images_have_pictures_and_a_line_per_channel(ingest):
    x = tiny_arrays((4, 5, 3), 8)
    labels = {split: np.arange(len(images)) % 3 for split, images in x.items()}
    page, read = ingest(x, 8, labels)
    assert _is_self_contained(page)
    assert page.count("data:image/png") == 9
    assert page.count('<path d="M0 64') == 9
    cells = _cells(page)
    assert ["Shape of an example", "4 x 5 x 3"] in cells
    assert ["Values", "8 levels, 0 to 7"] in cells
    assert ["0", "8 33.33 %", "2 33.33 %", "3 42.86 %"] in cells
    means = [f"{x[split].mean():.4g}" for split in ("train", "validation", "test")]
    rows = {row[0]: row for row in cells if len(row) == 8}
    assert [rows[s][4] for s in ("train", "validation", "test")] == means
    assert "Nothing unusual was found." in page
    assert read("anomalies")["findings"] == []


def test_vectors_have_a_histogram_per_column_and_split(ingest):
    x = tiny_arrays((3,), None)
    page, read = ingest(x, None)
    assert _is_self_contained(page)
    assert "data:image/png" not in page
    assert page.count('<path d="M0 64') == 9
    assert ["Values", "real numbers"] in _cells(page)
    assert "Examples</h2>" not in page
    assert read("statistics")["train"]["max_per_dim"] == x["train"].max(0).tolist()


def test_images_of_two_channels_without_labels(ingest):
    page, _ = ingest(tiny_arrays((4, 4, 2), 4), 4)
    assert "Each image has 2 channels" in page
    assert "Classes</h2>" not in page


def test_the_bytes_depend_on_the_data_alone(ingest):
    x = tiny_arrays((2,), None)
    assert ingest(x, None, name="a")[0] == ingest(x, None, name="b")[0]


def test_leaks_come_first_then_labels_duplicates_and_drift(ingest):
    x = {s: a.copy() for s, a in tiny_arrays((4, 4, 1), 4).items()}
    x["test"][2] = x["train"][5]
    x["train"][9] = x["train"][7]
    labels = {split: np.arange(len(images)) % 3 for split, images in x.items()}
    labels["train"][:] = np.arange(24) % 2
    page, read = ingest(x, 4, labels)
    assert _findings(read)[:4] == [
        "leak: 1 of 7 examples of the split 'test' are in 'train' as well.",
        "labels: Identical examples have several labels: 1 group.",
        "duplicates: 1 of 24 examples of the split 'train' repeat an earlier one of"
        " that split.",
        "classes: The split 'train' has no example of class 2.",
    ]
    assert page.index("Findings") < page.index("Examples that splits share")
    assert page.index("Examples that splits share") < page.index("Schema")


def test_drift_and_constants_are_described(ingest):
    rng = np.random.default_rng(0)
    x = {s: rng.normal(size=(300, 3)).astype(np.float32) for s in ("train", "test")}
    x["test"][:, 1] += 2.0
    for array in x.values():
        array[:, 2] = 0.5
    page, read = ingest(x, None, columns=("a", "b", "c d"))
    drift, constant = _findings(read)
    assert drift.startswith("drift: The values of column 'b' differ between 'train'")
    assert constant == "constant: All training values of column 'c d' are the same."
    assert "column &#39;a&#39;" in page
    assert 'class="found"' in page
    found = [d["number"] for d in read("anomalies")["drift"]["test"] if d["is_found"]]
    assert found == [1]


def test_an_outline_reaches_the_top_where_the_share_is_largest():
    assert outline(np.array([0.25, 0.5]), 0.5) == "M0 64V32H128V0H256V64"
    assert outline(np.array([0.0]), 0.0) == "M0 64V64H256V64"
    assert shares_of([1, 3]).tolist() == [0.25, 0.75]
    assert shares_of([0, 0]).tolist() == [0.0, 0.0]


@pytest.mark.large
@pytest.mark.parametrize(("shape", "num_levels"), [((4, 5, 3), 8), ((3,), None)])
def test_the_page_is_whole_in_a_browser(ingest, tmp_path, shape, num_levels):
    x = tiny_arrays(shape, num_levels)
    labels = {split: np.arange(len(examples)) % 3 for split, examples in x.items()}
    page, _ = ingest(x, num_levels, labels)
    path = tmp_path / "data.html"
    path.write_text(page)
    look_at(path, tmp_path)
