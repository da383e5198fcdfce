"""Where the sessions' folders of this process lie, and what is left of those of processes that are dead."""

from __future__ import annotations

import fcntl
import os
import secrets
import threading
import time
from contextlib import suppress
from pathlib import Path

from services.sandbox.folder import SessionFolder
from services.sandbox.limits import Limits
from services.sandbox.removal import remove_tree

LOCK = "lock"
MAKING_S = 60


class Home:
    """A folder that this process holds a lock on for as long as it lives.

    Its methods block and raise OSError; several threads may call them.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._own: Path | None = None
        self._lock = -1
        self._making = threading.Lock()

    def own(self) -> Path:
        """This process's folder, made at the first call; what dead processes have left is removed then."""
        with self._making:
            if self._own is None:
                self._own = self._made()
            return self._own

    def _made(self) -> Path:
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        remove_left_behind(self._folder)
        own = self._folder / secrets.token_hex(8)
        own.mkdir(mode=0o700)
        self._lock = os.open(own / LOCK, os.O_RDWR | os.O_CREAT, 0o600)
        fcntl.flock(self._lock, fcntl.LOCK_EX)
        (own / "root").mkdir()
        return own

    def root(self) -> Path:
        """The folder that sandboxes look out of; nothing of anybody's lies in it."""
        return self.own() / "root"

    def new_folder(self, limits: Limits) -> SessionFolder:
        """A session's folder, under a name that nobody can guess."""
        return SessionFolder(self.own() / secrets.token_hex(16), limits)

    def close(self) -> None:
        """Remove everything, and let go of the lock."""
        if self._own is not None:
            remove_tree(self._own)
            os.close(self._lock)
            self._own = None


def remove_left_behind(folder: Path) -> None:
    """Remove the folders of processes that no longer hold their locks."""
    with suppress(FileNotFoundError):
        for path in list(folder.iterdir()):
            if path.is_dir() and not path.is_symlink() and not _is_held(path):
                remove_tree(path)


def _is_held(path: Path) -> bool:
    try:
        lock = os.open(path / LOCK, os.O_RDWR)
    except FileNotFoundError:
        return time.time() - path.stat().st_mtime < MAKING_S  # its process may be about to lock it
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(lock)
    return False
