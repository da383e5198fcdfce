"""The file a backup is: a tar of the tables' rows in parts, the blobs, and at its end a manifest that vouches for them.

tables/turns/000001.jsonl    rows as lines of JSON, a few MB in each part
blobs/2cf24dba5fb0a30e…      one file, named by its SHA-256
manifest.json                what there must be, with the SHA-256 of each part
"""

from __future__ import annotations

import hashlib
import io
import json
import tarfile
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any

from services.errors import InvalidInput
from services.storage.local_files import PIECE_BYTES, sha256_of

FORMAT, VERSION = "tandem.backup", 1
MANIFEST = "manifest.json"
TABLES, BLOBS = "tables/", "blobs/"
NOT_WHOLE = (
    "{path} is not a whole backup of Tandem: it is another file, cut short or changed. Nothing was restored. "
    "Try another copy."
)
NEWER = "This backup was made by a newer version of Tandem. Update Tandem, then restore it."


@dataclass(frozen=True, slots=True)
class Manifest:
    """What an archive holds: rows by table, the SHA-256 of each part, how many blobs.

    `dropped` are blobs that were deleted in Tandem after they had been written here.
    """

    revision: str
    created_at: str
    rows: dict[str, int]
    parts: dict[str, str]
    blobs: int
    dropped: tuple[str, ...] = ()


class ArchiveWriter:
    """Writes an archive to an open file. Raises OSError."""

    def __init__(self, file: IO[bytes]) -> None:
        self._tar = tarfile.TarFile(fileobj=file, mode="w", copybufsize=PIECE_BYTES)
        self._parts: dict[str, str] = {}
        self._parts_of = Counter[str]()

    def add_rows(self, table: str, lines: bytes) -> None:
        """Add the next part of a table."""
        self._parts_of[table] += 1
        name = f"{TABLES}{table}/{self._parts_of[table]:06}.jsonl"
        self._parts[name] = hashlib.sha256(lines).hexdigest()
        self._add(name, io.BytesIO(lines), len(lines))

    def add_blob(self, key: str, file: IO[bytes], size_bytes: int) -> None:
        """Add a blob."""
        self._add(BLOBS + key, file, size_bytes)

    def finish(self, revision: str, rows: dict[str, int], blobs: int, dropped: Sequence[str]) -> None:
        """Add the manifest and close the archive."""
        created_at = datetime.now(UTC).isoformat()
        manifest = Manifest(revision, created_at, rows, self._parts, blobs, tuple(dropped))
        data = json.dumps({"format": FORMAT, "version": VERSION, **asdict(manifest)}, indent=1).encode()
        self._add(MANIFEST, io.BytesIO(data), len(data))
        self._tar.close()

    def _add(self, name: str, file: IO[bytes], size_bytes: int) -> None:
        info = tarfile.TarInfo(name)
        info.size, info.mode = size_bytes, 0o600
        self._tar.addfile(info, file)
        _forget_members(self._tar)


def checked(path: Path) -> Manifest:
    """The manifest of an archive, once every byte is known to be as it was written. Raises InvalidInput."""
    parts: dict[str, str] = {}
    blobs, as_named = 0, True
    manifest: Manifest | None = None
    with reading(path) as members:
        for name, file in members:
            if name == MANIFEST:
                manifest = _parse_manifest(file.read())
            elif name.startswith(BLOBS):
                blobs += 1
                as_named &= name == BLOBS + sha256_of(file)
            else:
                parts[name] = sha256_of(file)
    if not manifest or not as_named or manifest.parts != parts:
        raise not_whole(path)
    if manifest.blobs + len(manifest.dropped) != blobs:
        raise not_whole(path)
    return manifest


@contextmanager
def reading(path: Path) -> Iterator[Iterator[tuple[str, IO[bytes]]]]:
    """The members of an archive, in order: name and open file. Raises InvalidInput when they cannot be read."""
    try:
        with tarfile.open(path, "r:") as tar:
            yield _members(tar)
    except (tarfile.TarError, ValueError, KeyError, EOFError) as error:
        raise not_whole(path) from error
    except OSError as error:
        raise InvalidInput(f"{path} cannot be read ({error.strerror or error}).") from error


def _members(tar: tarfile.TarFile) -> Iterator[tuple[str, IO[bytes]]]:
    while (member := tar.next()) is not None:
        _forget_members(tar)
        file = tar.extractfile(member) if member.isreg() else None
        if file is None:
            raise tarfile.ReadError("neither rows nor a file")
        yield member.name, file


def _forget_members(tar: tarfile.TarFile) -> None:
    # tarfile remembers every member it has seen, which adds up; an archive may hold a million.
    tar.members = []  # type: ignore[attr-defined]


def _parse_manifest(data: bytes) -> Manifest:
    from pydantic import TypeAdapter

    document: Any = json.loads(data)
    if not isinstance(document, dict) or document.pop("format", None) != FORMAT:
        raise ValueError("no manifest")
    if int(document.pop("version")) > VERSION:
        raise InvalidInput(NEWER, code="newer_backup")
    return TypeAdapter(Manifest).validate_python(document)


def not_whole(path: Path) -> InvalidInput:
    """The sentence for a damaged archive."""
    return InvalidInput(NOT_WHOLE.format(path=path), code="damaged_backup")
