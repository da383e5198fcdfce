"""Removing a tree that a stranger has built."""

from __future__ import annotations

import os
import stat
from contextlib import suppress
from itertools import count
from pathlib import Path


def remove_tree(top: Path, *, keep_top: bool = False) -> None:
    """Remove a folder, or only what is in it, however deep it goes and whatever its modes. Never follows a link.

    Folders are moved up to the top before they are opened: a path through thousands of them could not be named.
    """
    numbers = count()
    with suppress(FileNotFoundError):
        top.chmod(stat.S_IRWXU)
        while folders := _without_files(top):
            for folder in folders:
                _empty(top, folder, numbers)
        if not keep_top:
            top.rmdir()


def _empty(top: Path, folder: str, numbers: count[int]) -> None:
    for name in _without_files(top / folder):
        (top / folder / name).rename(_unused(top, numbers))
    (top / folder).rmdir()


def _without_files(folder: Path) -> list[str]:
    """Remove the files of a folder; the names of the folders in it."""
    folders = []
    for path in list(folder.iterdir()):
        if path.is_dir() and not path.is_symlink():
            path.chmod(stat.S_IRWXU)  # it may forbid its owner to move it or to look in
            folders.append(path.name)
        else:
            path.unlink()
    return folders


def _unused(top: Path, numbers: count[int]) -> Path:
    return next(path for number in numbers if not os.path.lexists(path := top / f"{number}"))
