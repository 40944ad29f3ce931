from smoothing_tf.serving.layout import next_version, versions


def test_versions_are_numbers_in_order_and_the_next_one_counts_on(tmp_path):
    assert next_version(tmp_path / "none") == 1
    assert versions(tmp_path / "none") == []
    for name in ("1", "10", "9", "notes", ".11.tmp-x"):
        (tmp_path / name).mkdir()
    assert [path.name for path in versions(tmp_path)] == ["1", "9", "10"]
    assert next_version(tmp_path) == 11
