"""A digest of the user's own data, which are where this process runs."""

import hashlib
import os
import pathlib

from smoothing_tf.data.data_config import DataConfig
from smoothing_tf.data.dataset_names import DATASETS_IN_DATA_DIR
from smoothing_tf.data.picture_listing import list_pictures


def data_digest(config: DataConfig) -> str:
    """Computes a digest of the names, sizes and times of the user's own files.

    Args:
      config: the data set and its place.

    Returns:
      64 hexadecimal digits; empty for a data set that TensorFlow Datasets prepares,
      which is named by its version.

    Raises:
      FileNotFoundError: the data are not there.
    """
    if config.dataset not in DATASETS_IN_DATA_DIR or config.data_dir is None:
        return ""
    if not os.path.exists(config.data_dir):
        raise FileNotFoundError(
            "`data_dir` must be there for the nodes configure and ingest; there is no"
            f" {config.data_dir}. On a cluster, mount its volume for both."
        )
    digest = hashlib.sha256()
    files: list[str] | list[pathlib.Path]
    if config.dataset == "folder":
        listing = list_pictures(config.data_dir)
        files = [p.path for pictures in listing.splits.values() for p in pictures]
        # Ingest writes only the names of these files and why they are left out.
        for path, reason in listing.left_out:
            digest.update(os.fsencode(f"{path}\0{reason}\0"))
    elif os.path.isfile(config.data_dir):
        files = [pathlib.Path(config.data_dir).absolute()]
    else:
        root = pathlib.Path(config.data_dir)
        files = [p.relative_to(root) for p in sorted(root.rglob("*")) if p.is_file()]
    for file in files:
        try:
            # An absolute path stands for itself.
            stat = os.stat(os.path.join(config.data_dir, file))
        except OSError as error:
            # Ingest rejects the file.
            digest.update(os.fsencode(f"{file}\0{error.strerror}\0"))
            continue
        digest.update(os.fsencode(f"{file}\0{stat.st_size}\0{stat.st_mtime_ns}\0"))
    return digest.hexdigest()
