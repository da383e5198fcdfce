"""A copy of everything in one file, made while Tandem runs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from sqlalchemy import Connection, Table, text

from services.errors import NotFound, StorageFailed
from services.storage.archive import ArchiveWriter
from services.storage.blobs import Blobs
from services.storage.database import Database
from services.storage.every_table import all_tables
from services.storage.local_files import move_durably, sha256_of, temporary_file
from services.storage.row_lines import rows_of, to_line

PART_BYTES = 4 * 2**20
ROWS_AT_ONCE = 10  # a row may hold many MB


@dataclass(slots=True)
class BackupReport:
    """What a backup or a restore moved. `damaged` are blobs whose bytes had changed on disk; they were left out."""

    rows: dict[str, int] = field(default_factory=dict)
    blobs: int = 0
    size_bytes: int = 0
    damaged: list[str] = field(default_factory=list)


def backup(database: Database, blobs: Blobs, path: Path) -> BackupReport:
    """Write the whole database as it is at one moment, and every blob it can need, to a file.

    Others may go on writing meanwhile. The file takes its name only when it is whole; one of that name is replaced.
    Raises StorageFailed, and then leaves nothing behind.
    """
    path = path.absolute()
    try:
        with temporary_file(path.parent, prefix=f".{path.name}-") as unfinished:
            report = _write(database, blobs, unfinished)
            move_durably(unfinished, path)
    except OSError as error:
        raise StorageFailed(
            f"The backup could not be written to {path} ({error.strerror or error}). "
            "Free some space or choose another place, then try again.",
            code="backup_failed",
        ) from error
    report.size_bytes = path.stat().st_size
    return report


def _write(database: Database, blobs: Blobs, path: Path) -> BackupReport:
    # Blobs first: a row of the snapshot then finds its blob here even if that is deleted while we write. The few that
    # came in the meantime follow, and those that were gone before the snapshot are struck off the manifest.
    report, written = BackupReport(), set[str]()
    with path.open("wb") as file:
        archive = ArchiveWriter(file)
        _write_blobs(archive, blobs, blobs.keys(), written, report)
        gone = written.difference(blobs.keys())
        with _snapshot(database) as connection:
            revision = connection.execute(text("SELECT version_num FROM alembic_version")).scalar_one()
            for table in all_tables():
                report.rows[table.name] = _write_table(archive, connection, table)
        present = set(blobs.keys())
        _write_blobs(archive, blobs, present - written, written, report)
        dropped = sorted(gone - present)  # one may have come back
        report.blobs = len(written) - len(dropped)
        archive.finish(revision, report.rows, report.blobs, dropped)
    return report


def _write_blobs(
    archive: ArchiveWriter, blobs: Blobs, keys: Iterable[str], written: set[str], report: BackupReport
) -> None:
    for key in keys:
        with suppress(NotFound, FileNotFoundError):  # deleted since it was listed
            if _write_blob(archive, blobs, key):
                written.add(key)
            elif key not in report.damaged:
                report.damaged.append(key)


def _write_blob(archive: ArchiveWriter, blobs: Blobs, key: str) -> bool:
    with blobs.local_path(key) as path, path.open("rb") as file:
        if sha256_of(file) != key:
            return False
        size_bytes = file.tell()
        file.seek(0)
        archive.add_blob(key, file, size_bytes)
    return True


@contextmanager
def _snapshot(database: Database) -> Iterator[Connection]:
    """A transaction that sees the database as it is at its first query, whatever others write."""
    level = {} if database.is_sqlite else {"isolation_level": "REPEATABLE READ"}
    with database.reading() as session:
        yield session.connection(execution_options=level)


def _write_table(archive: ArchiveWriter, connection: Connection, table: Table) -> int:
    lines: list[bytes] = []
    count = size_bytes = 0
    rows = connection.execute(rows_of(table), execution_options={"yield_per": ROWS_AT_ONCE})
    for row in rows.mappings():
        lines.append(to_line(row))
        count, size_bytes = count + 1, size_bytes + len(lines[-1])
        if size_bytes >= PART_BYTES:
            archive.add_rows(table.name, b"".join(lines))
            lines, size_bytes = [], 0
    if lines:
        archive.add_rows(table.name, b"".join(lines))
    return count
