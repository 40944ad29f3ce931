"""Reports that are missing are reported."""

import pytest

from components.ingest.shard_results import ShardResults
from components.ingest.validation import shard_tasks
from tests.testing.tiny_data import tiny_dataset


def test_workers_that_wrote_elsewhere_are_told_to_share_a_file_system(tmp_path):
    source = tiny_dataset().source
    tasks = shard_tasks(source.shards, "tiny", tmp_path)
    with pytest.raises(ValueError, match="have not written .* file system that they"):
        ShardResults.read(source, tasks)
