"""Failures of disk and database as sentences that say what to do."""

from __future__ import annotations

import errno
from pathlib import Path
from typing import TYPE_CHECKING

from services.errors import StorageFailed

if TYPE_CHECKING:
    from sqlalchemy.exc import DBAPIError

FULL = "The disk is full, so this could not be saved. Free some space, then try again."
READ_ONLY = "The data folder cannot be written. Give this user the right to write there, or set TANDEM_HOME to another."

# SQLite and PostgreSQL tell these cases apart only by their words.
SENTENCES = (
    ("disk is full", "disk_full", FULL),
    ("no space left", "disk_full", FULL),
    ("could not extend file", "disk_full", FULL),
    (
        "is locked",
        "database_locked",
        "Another program is writing to the database and does not let go. Close it, then try again.",
    ),
    ("readonly database", "read_only", READ_ONLY),
    ("read-only transaction", "read_only", READ_ONLY),
    (
        "unable to open database file",
        "cannot_open",
        "The database file cannot be opened. Check that the data folder exists and may be written, or set TANDEM_HOME to another.",
    ),
    (
        "disk i/o error",
        "io_error",
        "The disk reported an error while reading or writing the database. Check the disk, then try again.",
    ),
    (
        "malformed",
        "damaged",
        "The database file is damaged. Move tandem.db out of the data folder or put a backup in its place, then start again.",
    ),
    (
        "file is not a database",
        "damaged",
        "The database file is not a SQLite database. Move it out of the data folder, then start again.",
    ),
    (
        "authentication failed",
        "unreachable",
        "The database server refused the password. Check TANDEM_DATABASE_URL.",
    ),
    (
        "connection",
        "unreachable",
        "The database server cannot be reached. Check that it runs and that TANDEM_DATABASE_URL is right.",
    ),
)


def storage_failure(error: DBAPIError) -> StorageFailed | None:
    """The sentence for a database error; None when it is a mistake of ours and no failure of the storage."""
    from sqlalchemy.exc import IntegrityError, InterfaceError, OperationalError, ProgrammingError

    if isinstance(error, (IntegrityError, ProgrammingError)):
        return None
    words = str(error.orig).lower()
    for phrase, code, sentence in SENTENCES:
        if phrase in words:
            return StorageFailed(sentence, code=code)
    if isinstance(error, (OperationalError, InterfaceError)):
        return StorageFailed(f"The database could not do this: {error.orig}.", code="database_error")
    return None


def folder_failure(folder: Path, error: OSError) -> StorageFailed:
    """The sentence for a file or folder that could not be written."""
    if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
        return StorageFailed(FULL, code="disk_full")
    return StorageFailed(
        f"The folder {folder} cannot be used ({error.strerror}). Set TANDEM_HOME to a folder that can be written.",
        code="read_only",
    )
