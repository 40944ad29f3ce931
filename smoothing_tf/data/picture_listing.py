"""Lists the image files of a folder, and the files that are left out."""

import collections
import dataclasses
import os
from collections.abc import Iterator

from smoothing_tf.data.picture_header import SUFFIXES

SPLITS = ("train", "validation", "test")

_HIDDEN = "hidden"
_OUTSIDE = "outside train, validation and test"
_TOO_DEEP = "below a class folder"
_NO_SUFFIX = "not named as an image"
_FOLDER = "folder named as an image"
_SPECIAL = "not a regular file"
_EMPTY = "empty"
_DANGLING = "link to nothing"
_OUTWARD = "link that leaves the folder"
_LOOP = "link to a folder around it"
_REPEATED = "link to a file already listed"
# Folders that macOS adds to archives.
_HIDDEN_FOLDERS = ("__MACOSX",)


@dataclasses.dataclass(frozen=True, slots=True)
class Picture:
    """An image file.

    Attributes:
      path: path relative to the folder.
      class_folder: name of the folder of its class, or None.
    """

    path: str
    class_folder: str | None


@dataclasses.dataclass(frozen=True)
class PictureListing:
    """The image files of a folder.

    Attributes:
      splits: split -> its files in the order of their paths; a split without a folder
        is missing.
      left_out: (relative path, reason) of every other file, in the order of paths.
    """

    splits: dict[str, tuple[Picture, ...]]
    left_out: tuple[tuple[str, str], ...]

    def summary(self) -> str:
        """Counts the files that were left out by reason, with an example each."""
        reasons = collections.Counter(reason for _, reason in self.left_out)
        examples = {reason: path for path, reason in reversed(self.left_out)}
        return "; ".join(
            f"{reason}: {count}, {'e.g. ' if count > 1 else ''}"
            f"{printable(examples[reason])}"
            for reason, count in reasons.most_common()
        )


def list_pictures(folder: str) -> PictureListing:
    """Lists the image files of `folder` without opening them.

    They are the regular files with an image suffix and a visible name in train,
    validation and test, or one level deeper in a folder per class. A link is followed
    if its target lies in the folder, once per split. A file that disappears meanwhile,
    or whose status cannot be read, is listed: its reader rejects it.

    Raises:
      OSError: a folder cannot be listed.
    """
    return _Lister(os.path.realpath(folder)).run()


def printable(name: str) -> str:
    """Makes a file's name one line of valid text, with unusual characters escaped."""
    text = os.fsencode(name).decode("utf-8", "backslashreplace")
    return "".join(
        character if character.isprintable() else ascii(character)[1:-1]
        for character in text
    )


class _Lister:
    def __init__(self, root: str):
        self._root = root
        self._left_out: list[tuple[str, str]] = []
        # In the order of their paths, because folders are listed in that order.
        self._plain: list[Picture] = []
        # Files to which a link leads: (real path, picture).
        self._linked: list[tuple[str, Picture]] = []

    def run(self) -> PictureListing:
        splits = {}
        for entry in self._entries(self._root) if os.path.isdir(self._root) else ():
            reason = None if entry.name in SPLITS else _OUTSIDE
            if (reason := self._find_reason(entry, folder_reason=reason)) is not None:
                self._leave_out(entry, reason)
            elif not entry.is_dir():
                self._leave_out(entry, _OUTSIDE)
            else:
                self._list(entry, None)
                splits[entry.name] = self._take_found()
        self._left_out.sort(key=lambda item: item[0].split("/"))
        ordered = {split: splits[split] for split in sorted(splits)}
        return PictureListing(ordered, tuple(self._left_out))

    def _list(self, folder: os.DirEntry, class_folder: str | None) -> None:
        """Lists the files of a split, or of one of its class folders."""
        by_link = folder.is_symlink() or os.path.realpath(folder.path) != folder.path
        for entry in self._entries(folder.path):
            reason = None if class_folder is None else _TOO_DEEP
            if (reason := self._find_reason(entry, folder_reason=reason)) is not None:
                self._leave_out(entry, reason)
            elif entry.is_dir():
                self._list(entry, entry.name)
            else:
                real = entry.path
                if by_link or entry.is_symlink():
                    real = os.path.realpath(entry.path)
                picture = Picture(self._relative(entry.path), class_folder)
                if real == entry.path:
                    self._plain.append(picture)
                else:
                    self._linked.append((real, picture))

    def _take_found(self) -> tuple[Picture, ...]:
        """Returns the files found in a split; a link counts if its target is new."""
        taken, linked = self._plain, self._linked
        self._plain, self._linked = [], []
        if not linked:
            return tuple(taken)
        seen = {os.path.join(self._root, picture.path) for picture in taken}
        for real, picture in sorted(linked, key=lambda found: _parts(found[1])):
            if real in seen:
                self._left_out.append((picture.path, _REPEATED))
            else:
                seen.add(real)
                taken.append(picture)
        return tuple(sorted(taken, key=_parts))

    def _find_reason(self, entry: os.DirEntry, folder_reason: str | None) -> str | None:
        """Says why an entry is not data, or None; folders may have their own reason."""
        if entry.name.startswith(".") or entry.name in _HIDDEN_FOLDERS:
            return _HIDDEN
        if entry.is_symlink() and (reason := self._why_not_followed(entry)) is not None:
            return reason
        is_image = os.path.splitext(entry.name)[1].lower() in SUFFIXES
        if entry.is_dir():
            return folder_reason or (_FOLDER if is_image else None)
        if not entry.is_file():
            return _SPECIAL
        if not is_image:
            return _NO_SUFFIX
        try:
            return None if entry.stat().st_size else _EMPTY
        except OSError:
            return None

    def _why_not_followed(self, link: os.DirEntry) -> str | None:
        target = os.path.realpath(link.path)
        if not os.path.exists(link.path):
            return _DANGLING
        if not _is_within(target, self._root):
            return _OUTWARD
        around = os.path.realpath(os.path.dirname(link.path))
        return _LOOP if os.path.isdir(target) and _is_within(around, target) else None

    def _leave_out(self, entry: os.DirEntry, reason: str) -> None:
        """Notes a file, or all files in a folder."""
        names_folder = reason in (_FOLDER, _LOOP, _OUTWARD, _DANGLING, _SPECIAL)
        if names_folder or not entry.is_dir(follow_symlinks=False):
            self._left_out.append((self._relative(entry.path), reason))
            return
        # Links to folders are not followed; unreadable folders count as empty.
        for folder, _, names in os.walk(entry.path):
            for name in names:
                path = self._relative(os.path.join(folder, name))
                self._left_out.append((path, reason))

    def _relative(self, path: str) -> str:
        return path[len(self._root) :].lstrip("/")

    def _entries(self, folder: str) -> Iterator[os.DirEntry]:
        try:
            with os.scandir(folder) as entries:
                yield from sorted(entries, key=lambda entry: entry.name)
        except PermissionError as error:
            raise PermissionError(
                f"The folder {folder} cannot be listed: {error.strerror}. Make it"
                f" readable, e.g. by chmod u+rx {folder}, or remove it."
            ) from error
        except OSError as error:
            raise OSError(
                f"The folder {folder} cannot be listed: {error.strerror}. Repair or"
                " remove it."
            ) from error


def _parts(picture: Picture) -> list[str]:
    return picture.path.split("/")


def _is_within(path: str, folder: str) -> bool:
    return os.path.commonpath([path, folder]) == folder
