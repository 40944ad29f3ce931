"""The classes of the pictures of a folder."""

import dataclasses
from collections.abc import Mapping

from smoothing_tf.data.picture_listing import PictureListing, printable


@dataclasses.dataclass(frozen=True)
class PictureClasses:
    """The classes of a folder.

    Attributes:
      names: names of the labels 0, 1, ..., or None without labels.
      labels: class folder -> label; empty without labels.
      notes: sentences that a user should see.
    """

    names: tuple[str, ...] | None
    labels: Mapping[str, int]
    notes: tuple[str, ...] = ()


def find_classes(listing: PictureListing) -> PictureClasses:
    """Finds the classes of a folder, in the order of their names.

    If a file lies directly in a split it has no class, and then there are no labels.
    """
    pictures = [p for pictures in listing.splits.values() for p in pictures]
    folders = sorted({p.class_folder for p in pictures if p.class_folder is not None})
    outside = [p.path for p in pictures if p.class_folder is None]
    if not outside:
        labels = {folder: label for label, folder in enumerate(folders)}
        return PictureClasses(tuple(map(_class_name, folders)), labels)
    if not folders:
        return PictureClasses(None, {})
    note = (
        f"{len(outside)} of {len(pictures)} images are outside the class folders"
        f" (e.g. {printable(outside[0])}): all images are read without labels."
    )
    return PictureClasses(None, {}, (note,))


def _class_name(folder: str) -> str:
    """Makes a name that TFDS can read back: one line, without outer blanks."""
    name = printable(folder)
    start = len(name) - len(name.lstrip(" "))
    stop = len(name.rstrip(" "))
    if not name.strip(" "):
        start, stop = len(name), len(name)
    blank = "\\x20"
    return blank * start + name[start:stop] + blank * (len(name) - stop)
