"""What is said of a table that is not loaded: after its file's name, and always with what to do instead."""

from __future__ import annotations

from services.documents.refusals import Unreadable, unsupported

MAX_FILE_BYTES = 2 * 2**30
MAX_COLUMNS = 5_000
MAX_CELL_BYTES = 2**20

EMPTY = "is empty. Upload a file with records in it."
NO_RECORDS = "holds no records. Upload a file with a line for each record."
NO_TABLE = "holds no table that can be read here. Upload a CSV, TSV, XLSX or JSON Lines file."
LOCKED = "is protected by a password, or damaged. Save it anew without a password and upload that."
DAMAGED = "cannot be read; it may be damaged. Save it anew, best as CSV, and upload that."
TOO_HEAVY = "takes too much memory to read. Save it as CSV, or split it, and upload that."
TOO_SLOW = "takes too long to read. Split it and upload the parts."
NOT_OBJECTS = "holds no JSON objects, one on each line. Save it as JSON Lines or CSV and upload that."
STOPPED = "is not loaded, because loading was stopped. Load it again, or delete it."
ENCODING = "cannot be read as {encoding}. Choose another encoding."
NO_SHEET = "has no sheet “{sheet}”; its sheets are {sheets}. Choose one of them."


def too_large(size_bytes: int) -> Unreadable:
    """The file passes MAX_FILE_BYTES."""
    return Unreadable(
        f"has {in_units(size_bytes)}; a table may have up to {in_units(MAX_FILE_BYTES)}. Split it and upload the parts."
    )


def too_wide(count: int) -> Unreadable:
    """The table passes MAX_COLUMNS."""
    return Unreadable(
        f"has {count:,} columns; a table may have up to {MAX_COLUMNS:,}. Leave out what is not asked about and upload the rest."
    )


def no_table() -> Unreadable:
    """A kind of file that is no table."""
    return unsupported(NO_TABLE)


def in_units(size_bytes: int) -> str:
    """A size as people write it."""
    return f"{size_bytes / 2**30:.3g} GB" if size_bytes >= 2**30 else f"{size_bytes / 2**20:.3g} MB"
