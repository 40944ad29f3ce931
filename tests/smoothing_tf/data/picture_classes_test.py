"""Tests of the classes of a folder."""

import tensorflow_datasets as tfds

from smoothing_tf.data.picture_classes import classes_of
from smoothing_tf.data.picture_listing import Picture, PictureListing


def _listing(*folders):
    pictures = tuple(Picture(f"train/{f}/{i}.png", f) for i, f in enumerate(folders))
    return PictureListing({"train": pictures}, ())


def test_classes_are_numbered_by_name():
    classes = classes_of(_listing("dog", "cat", "dog", "10", "9"))
    assert classes.names == ("10", "9", "cat", "dog")
    assert classes.labels == {"10": 0, "9": 1, "cat": 2, "dog": 3}
    assert not classes.notes


def test_tfds_reads_every_name_back(tmp_path):
    folders = ["a b", " a", "a ", "  ", "ünï", "花", "a\nb", "a\\b", "-", "\udce9"]
    names = classes_of(_listing(*folders)).names
    tfds.features.ClassLabel(names=list(names)).save_metadata(tmp_path, "label")
    read = tfds.features.ClassLabel()
    read.load_metadata(tmp_path, "label")
    assert tuple(read.names) == names
    assert len(set(names)) == len(folders)


def test_files_beside_class_folders_are_told():
    classes = classes_of(_listing("cat", None, "dog", None))
    assert classes.names is None
    assert not classes.labels
    (note,) = classes.notes
    assert note.startswith("2 of 4 images lie outside the folders of classes (e.g. tra")
    assert classes_of(_listing(None, None)).notes == ()
