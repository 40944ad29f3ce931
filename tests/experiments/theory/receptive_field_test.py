"""The experiment of receptive fields finds what it is to show."""

from experiments.theory import receptive_field


def test_pixelcnn_has_a_blind_spot_and_gated_pixelcnn_none(tmp_path):
    result = receptive_field.run(tmp_path, quick=True)
    table = result.tables["table"]
    assert all(criterion.holds for criterion in table.criteria)
    assert [row["of them unseen"] for row in table.rows] == [15, 0]
    assert result.figures["figure"].startswith(b"\x89PNG")
