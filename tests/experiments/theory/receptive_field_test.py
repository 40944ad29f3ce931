"""The experiment on receptive fields finds the blind spot of PixelCNN alone."""

from experiments.job import Job
from experiments.theory import receptive_field


def test_pixelcnn_has_a_blind_spot_and_gated_pixelcnn_has_none(tmp_path):
    result = receptive_field.run(Job(tmp_path, quick=True))
    table = result.tables["table"]
    assert all(criterion.holds for criterion in table.criteria)
    assert [row["of them unseen"] for row in table.rows] == [15, 0]
    assert result.figures["figure"].startswith(b"\x89PNG")
