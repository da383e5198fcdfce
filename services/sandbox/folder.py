"""A session's folder on our side: files put in, files taken out, never by following what a program has left there."""

from __future__ import annotations

import os
import shutil
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from services.sandbox.limits import Limits
from services.sandbox.measuring import folder_use
from services.sandbox.removal import remove_tree

PARTS = ("data", "tmp", "dev")
NULL = "null"
LONGEST_NAME_BYTES = 200
PIECE_BYTES = 2**20

State = dict[str, tuple[int, int, int]]
"""Files by their path in the folder: inode, bytes and time of the last change."""


class NoRoom(Exception):
    """The folder would hold more than it may."""


class NotAFile(Exception):
    """There is no regular file of this name, or none that may be read."""


@dataclass(frozen=True, slots=True)
class FoundFile:
    """A file that lies in a folder: its path there, and its size."""

    name: str
    size_bytes: int


class SessionFolder:
    """The folder of one session. Its methods block; no program may run in it meanwhile."""

    def __init__(self, path: Path, limits: Limits) -> None:
        self.path, self._limits = path, limits
        self._data = path / "data"
        for part in PARTS:
            (path / part).mkdir(mode=0o700, parents=True, exist_ok=True)
        (path / "dev" / NULL).touch()  # an ordinary file will do: what is written to it is nobody's

    def put(self, name: str, source: Path) -> str:
        """Copy a file in under this name, or a similar one; the name it has then. Raises NoRoom."""
        self._open_up()
        size_bytes, _ = self._use()
        if size_bytes + source.stat().st_size > self._limits.disk_bytes:
            raise NoRoom
        with _opened(self._data) as folder:
            name = _free_of_folders(folder, safe_name(name))
            with suppress(FileNotFoundError):
                os.unlink(name, dir_fd=folder)  # else a link could lead the copy elsewhere
            file = os.open(name, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600, dir_fd=folder)
            with os.fdopen(file, "wb") as copy, source.open("rb") as original:
                shutil.copyfileobj(original, copy)
        return name

    def begin(self) -> State:
        """A program is about to run: the files that are there now."""
        self._open_up()
        with suppress(OSError), _opened(self.path / "dev") as devices:
            _empty(devices, NULL)
        return self.state()

    def state(self) -> State:
        """The files that are there now; hidden ones, links and what lies too deep are left out."""
        found: State = {}
        waiting = [("", 0)]
        while waiting and len(found) <= self._limits.entries:
            prefix, depth = waiting.pop()
            with suppress(OSError, NotAFile), self._folder(prefix) as folder, os.scandir(folder) as listed:
                for entry in listed:
                    self._note(entry, prefix, depth, found, waiting)
        return found

    def changed_since(self, before: State) -> list[FoundFile]:
        """Files that are new or were written to, the oldest change first."""
        self._open_up()
        now = self.state()
        changed = [name for name, state in now.items() if before.get(name) != state]
        return [
            FoundFile(name, now[name][1]) for name in sorted(changed, key=lambda name: (now[name][2], name))
        ]

    @contextmanager
    def opened(self, name: str) -> Iterator[IO[bytes]]:
        """A file that was found here, to be read. Raises NotAFile when it is none any more."""
        prefix, _, last = name.rpartition("/")
        with self._folder(prefix) as folder:
            try:
                # Without O_NONBLOCK a named pipe would have us wait for its writer.
                file = os.open(last, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK, dir_fd=folder)
            except OSError as error:
                raise NotAFile(name) from error
            with os.fdopen(file, "rb") as reading:
                if not stat.S_ISREG(os.fstat(file).st_mode):
                    raise NotAFile(name)
                yield reading

    def is_too_full(self) -> bool:
        """Whether it holds more than a session may have."""
        size_bytes, entries = self._use()
        return size_bytes > self._limits.disk_bytes or entries > self._limits.entries

    def keep_only(self, before: State) -> None:
        """Remove what has come since; all of it where that does not help."""
        remove_tree(self.path / "tmp", keep_top=True)
        for found in self.changed_since(before):
            with suppress(OSError):
                (self._data / found.name).unlink()
        if self.is_too_full():
            remove_tree(self._data, keep_top=True)

    def take_over(self, other: SessionFolder) -> None:
        """Move another session's files in here, and remove what is left of it."""
        other._open_up()
        for path in list(other._data.iterdir()):
            with suppress(OSError):
                path.rename(self._data / path.name)
        other.remove()

    def remove(self) -> None:
        """Remove it with all that is in it."""
        remove_tree(self.path)

    def _open_up(self) -> None:
        """A program may have forbidden its owner to look into the session's own folders."""
        for part in PARTS:
            (self.path / part).chmod(stat.S_IRWXU)

    def _use(self) -> tuple[int, int]:
        limits = self._limits
        folders = [str(self.path / part) for part in PARTS]
        return folder_use(folders, limits.disk_bytes, limits.entries, limits.depth)

    def _note(
        self,
        entry: os.DirEntry[str],
        prefix: str,
        depth: int,
        found: State,
        waiting: list[tuple[str, int]],
    ) -> None:
        name = f"{prefix}/{entry.name}" if prefix else entry.name
        if entry.name.startswith("."):
            return
        with suppress(OSError):
            info = entry.stat(follow_symlinks=False)
            if stat.S_ISREG(info.st_mode):
                found[name] = (info.st_ino, info.st_size, info.st_mtime_ns)
            elif stat.S_ISDIR(info.st_mode) and depth < self._limits.depth:
                waiting.append((name, depth + 1))

    @contextmanager
    def _folder(self, prefix: str) -> Iterator[int]:
        """A folder within, opened step by step so that no link is followed on the way. Raises NotAFile."""
        with _opened(self._data) as top:
            opened = os.dup(top)
            try:
                for part in filter(None, prefix.split("/")):
                    if part == "..":
                        raise NotAFile(prefix)
                    inner = os.open(part, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW, dir_fd=opened)
                    os.close(opened)
                    opened = inner
                yield opened
            except NotADirectoryError as error:
                raise NotAFile(prefix) from error
            finally:
                os.close(opened)


@contextmanager
def _opened(path: Path) -> Iterator[int]:
    folder = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    try:
        yield folder
    finally:
        os.close(folder)


def _empty(folder: int, name: str) -> None:
    """Cut a file to nothing. A program may have put a link to somebody else's in its place, or a pipe."""
    file = os.open(name, os.O_WRONLY | os.O_NOFOLLOW | os.O_NONBLOCK, dir_fd=folder)
    try:
        info = os.fstat(file)
        if stat.S_ISREG(info.st_mode) and info.st_nlink == 1:
            os.ftruncate(file, 0)
    finally:
        os.close(file)


def safe_name(name: str) -> str:
    """A name as a file of this folder can have it: one part, and short enough for every file system."""
    last = name.replace("\0", "").rpartition("/")[2].strip()
    if last.strip(".") == "":
        last = "file"
    stem, dot, ending = last.rpartition(".")
    room = LONGEST_NAME_BYTES - len(os.fsencode(dot + ending))
    if len(os.fsencode(last)) <= LONGEST_NAME_BYTES or room < 1:
        return os.fsencode(last)[:LONGEST_NAME_BYTES].decode(errors="ignore")
    return os.fsencode(stem)[:room].decode(errors="ignore") + dot + ending


def copy_at_most(file: IO[bytes], out: IO[bytes], most_bytes: int) -> int:
    """Copy a file that may still be growing; how many bytes there were. Raises NotAFile when they are too many."""
    size_bytes = 0
    while piece := file.read(PIECE_BYTES):
        size_bytes += len(piece)
        if size_bytes > most_bytes:
            raise NotAFile
        out.write(piece)
    return size_bytes


def _free_of_folders(folder: int, name: str) -> str:
    """The name, or one like it where a program has made a folder of this name."""
    stem, dot, ending = name.rpartition(".")
    for number in range(2, 1000):
        with suppress(FileNotFoundError):
            if stat.S_ISDIR(os.stat(name, dir_fd=folder, follow_symlinks=False).st_mode):
                name = f"{stem} ({number}).{ending}" if dot else f"{ending} ({number})"
                continue
        return name
    raise NoRoom
