"""Everything from a backup, into an empty installation."""

from __future__ import annotations

import shutil
from collections.abc import Collection
from contextlib import suppress
from pathlib import Path
from typing import IO

from sqlalchemy import JSON, Connection, MetaData, Table, func, insert, literal, select, text
from sqlalchemy.exc import DBAPIError

from services.errors import InvalidInput, NotFound, StorageFailed
from services.storage.archive import BLOBS, NEWER, TABLES, Manifest, checked, not_whole, reading
from services.storage.backup import BackupReport
from services.storage.blobs import Blobs
from services.storage.database import Database
from services.storage.every_table import all_tables
from services.storage.failures import folder_failure
from services.storage.local_files import PIECE_BYTES, temporary_file
from services.storage.migrate import HEAD, move_to
from services.storage.row_lines import from_line, readers

NOT_EMPTY = (
    "The database already holds data, and a backup is restored into an empty one only. "
    "Set TANDEM_HOME to a new folder, or TANDEM_DATABASE_URL to a new database."
)
DOES_NOT_FIT = "The database does not take what this backup holds ({reason}). Nothing was restored."


def restore(database: Database, blobs: Blobs, path: Path) -> BackupReport:
    """Fill the empty database and the blobs from a backup: all of it, or nothing.

    Raises InvalidInput when the archive is damaged or from a newer version or the database holds data, and
    StorageFailed when database, disk or object store cannot.
    """
    manifest = checked(path)
    added: list[str] = []
    try:
        with database.session() as session:
            _restore(session.connection(), blobs, path, manifest, added)
    except BaseException as error:
        for key in added:
            with suppress(StorageFailed):
                blobs.delete(key)
        if isinstance(error, DBAPIError):
            raise InvalidInput(DOES_NOT_FIT.format(reason=type(error.orig).__name__)) from error
        raise
    return BackupReport(manifest.rows, manifest.blobs, path.stat().st_size)


def _restore(connection: Connection, blobs: Blobs, path: Path, manifest: Manifest, added: list[str]) -> None:
    _lock(connection)
    if any(_has_rows(connection, table) for table in all_tables()):
        raise InvalidInput(NOT_EMPTY, code="not_empty")
    if not move_to(connection, manifest.revision):
        raise InvalidInput(NEWER, code="newer_backup")
    with reading(path) as members:
        tables = _tables(connection, manifest.rows)
        for name, file in members:
            if name.startswith(BLOBS):
                _put_blob(blobs, name.removeprefix(BLOBS), file, manifest.dropped, added)
            elif name.startswith(TABLES):
                _insert(connection, tables[name.split("/")[1]], file)
    if {name: _count(connection, table) for name, table in tables.items()} != manifest.rows:
        raise not_whole(path)
    for table in tables.values():
        _count_on(connection, table)
    move_to(connection, HEAD)


def _lock(connection: Connection) -> None:
    """Keep others from writing while we look and load; SQLite has one writer anyway."""
    if connection.dialect.name == "postgresql":
        names = ", ".join(connection.dialect.identifier_preparer.quote(table.name) for table in all_tables())
        connection.execute(text(f"LOCK TABLE {names} IN EXCLUSIVE MODE"))


def _has_rows(connection: Connection, table: Table) -> bool:
    return connection.execute(select(literal(1)).select_from(table).limit(1)).first() is not None


def _tables(connection: Connection, names: Collection[str]) -> dict[str, Table]:
    """The tables as the database has them now, which are those of the backup's version and not of ours."""
    metadata = MetaData()
    metadata.reflect(connection, only=lambda name, _: name in names)
    for table in metadata.tables.values():
        for column in table.columns:
            if isinstance(column.type, JSON):
                column.type = type(column.type)(none_as_null=True)
    return {name: metadata.tables[name] for name in names}


def _insert(connection: Connection, table: Table, file: IO[bytes]) -> None:
    how = readers(table)
    connection.execute(insert(table), [from_line(line, how) for line in file])


def _count(connection: Connection, table: Table) -> int:
    return connection.execute(select(func.count()).select_from(table)).scalar_one()


def _count_on(connection: Connection, table: Table) -> None:
    """Let PostgreSQL's counters go on after the highest number; SQLite looks for itself."""
    if connection.dialect.name != "postgresql":
        return
    for column in table.primary_key.columns:
        if column.type.python_type is int:
            sequence = func.pg_get_serial_sequence(f'"{table.name}"', column.name)
            highest = select(func.max(column)).scalar_subquery()
            connection.execute(select(func.setval(sequence, highest)).where(highest.is_not(None)))


def _put_blob(blobs: Blobs, key: str, file: IO[bytes], dropped: Collection[str], added: list[str]) -> None:
    if key in dropped or _has_blob(blobs, key):
        return
    added.append(key)
    try:
        with temporary_file(blobs.incoming()) as path:
            with path.open("wb") as copy:
                shutil.copyfileobj(file, copy, PIECE_BYTES)
            blobs.put_file(path)
    except OSError as error:
        raise folder_failure(blobs.incoming(), error) from error


def _has_blob(blobs: Blobs, key: str) -> bool:
    try:
        return blobs.size_of(key) >= 0
    except NotFound:
        return False
