"""Tests of the classes of a folder."""

import tensorflow_datasets as tfds

from smoothing_tf.data.picture_classes import find_classes
from smoothing_tf.data.picture_listing import Picture, PictureListing


def _listing(*folders):
    pictures = tuple(Picture(f"train/{f}/{i}.png", f) for i, f in enumerate(folders))
    return PictureListing({"train": pictures}, ())


def test_classes_are_numbered_by_name():
    classes = find_classes(_listing("dog", "cat", "dog", "10", "9"))
    assert classes.names == ("10", "9", "cat", "dog")
    assert classes.labels == {"10": 0, "9": 1, "cat": 2, "dog": 3}
    assert not classes.notes


def test_tfds_reads_every_name_back(tmp_path):
    folders = ["a b", " a", "a ", "  ", "ünï", "花", "a\nb", "a\\b", "-", "\udce9"]
    names = find_classes(_listing(*folders)).names
    tfds.features.ClassLabel(names=list(names)).save_metadata(tmp_path, "label")
    read = tfds.features.ClassLabel()
    read.load_metadata(tmp_path, "label")
    assert tuple(read.names) == names
    assert len(set(names)) == len(folders)


def test_files_outside_class_folders_are_reported():
    classes = find_classes(_listing("cat", None, "dog", None))
    assert classes.names is None
    assert not classes.labels
    (note,) = classes.notes
    assert note.startswith("2 of 4 images are outside the class folders (e.g. tra")
    assert find_classes(_listing(None, None)).notes == ()
