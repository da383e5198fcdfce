"""Blobs as files of a folder."""

from __future__ import annotations

import errno
import hashlib
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from services.errors import NotFound
from services.storage.blobs import GONE, KEY, name_of
from services.storage.failures import folder_failure
from services.storage.local_files import (
    PIECE_BYTES,
    move_durably,
    remove_left_behind,
    sha256_of,
    temporary_file,
)

INCOMING = ".incoming"


class FolderBlobs:
    """A folder of blobs; see `Blobs` for what each method promises."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        remove_left_behind(folder / INCOMING)

    def put(self, data: bytes) -> str:
        key = hashlib.sha256(data).hexdigest()
        with self._writing():
            if not self._has(key, len(data)):
                with temporary_file(self.folder / INCOMING) as file:
                    file.write_bytes(data)
                    move_durably(file, self._path(key))
        return key

    def put_file(self, path: Path) -> str:
        with self._writing():
            with path.open("rb") as file:
                key = sha256_of(file)
            if not self._has(key, path.stat().st_size):
                self._take_over(path, key)
            path.unlink(missing_ok=True)
        return key

    def get(self, key: str) -> bytes:
        with self._reading():
            return self._path(key).read_bytes()

    def stream(self, key: str, start: int = 0) -> Iterator[bytes]:
        self.size_of(key)
        return self._pieces(key, start)

    def size_of(self, key: str) -> int:
        with self._reading():
            return self._path(key).stat().st_size

    @contextmanager
    def local_path(self, key: str) -> Iterator[Path]:
        self.size_of(key)
        yield self._path(key)

    def incoming(self) -> Path:
        with self._writing():
            (self.folder / INCOMING).mkdir(parents=True, exist_ok=True)
        return self.folder / INCOMING

    def delete(self, key: str) -> None:
        with self._writing():
            self._path(key).unlink(missing_ok=True)

    def size_bytes(self) -> int:
        total = 0
        for key in self.keys():
            with suppress(NotFound):  # deleted since it was listed
                total += self.size_of(key)
        return total

    def keys(self) -> Iterator[str]:
        with self._writing():
            for folder in sorted(self.folder.glob("[0-9a-f][0-9a-f]")):
                yield from sorted(file.name for file in folder.iterdir() if KEY.fullmatch(file.name))

    def _pieces(self, key: str, start: int) -> Iterator[bytes]:
        with self._reading(), self._path(key).open("rb") as file:
            file.seek(start)
            while piece := file.read(PIECE_BYTES):
                yield piece

    def _path(self, key: str) -> Path:
        return self.folder / name_of(key)

    def _has(self, key: str, size_bytes: int) -> bool:
        path = self._path(key)
        return path.is_file() and path.stat().st_size == size_bytes

    def _take_over(self, path: Path, key: str) -> None:
        try:
            move_durably(path, self._path(key))
        except OSError as error:
            if error.errno != errno.EXDEV:
                raise
            with temporary_file(self.folder / INCOMING) as copy:  # it lies on another disk
                shutil.copyfile(path, copy)
                move_durably(copy, self._path(key))

    @contextmanager
    def _reading(self) -> Iterator[None]:
        with self._writing():
            try:
                yield
            except FileNotFoundError:
                raise NotFound(GONE) from None

    @contextmanager
    def _writing(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise folder_failure(self.folder, error) from error
