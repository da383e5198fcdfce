"""The files that programs of a run find, in words for its model: one that knows no columns makes them up."""

from __future__ import annotations

import csv
from contextlib import suppress
from typing import TYPE_CHECKING

from services.errors import NotFound, StorageFailed
from services.server.runs.builtin_tools import MOST_NAMES
from services.server.store.contexts import AtHand

if TYPE_CHECKING:
    from services.storage.blobs import Blobs

TABLES = (".csv", ".tsv")
SEPARATORS = ",;\t|"
HEAD_BYTES = 4096
MOST_COLUMNS = 30
LONGEST_COLUMN = 40


def in_words(blobs: Blobs, files: list[AtHand]) -> list[str]:
    """Each file's name, for tables in text with their columns. Reads from the blobs, so it blocks."""
    shown = [file.name + _columns(blobs, file) for file in files[:MOST_NAMES]]
    return shown + [file.name for file in files[MOST_NAMES:]]  # these are counted, and not named


def _columns(blobs: Blobs, file: AtHand) -> str:
    if not file.name.lower().endswith(TABLES):
        return ""
    with suppress(NotFound, StorageFailed, csv.Error):
        head = next(iter(blobs.stream(file.blob_key)), b"")[:HEAD_BYTES]
        line = head.decode("utf-8-sig", errors="replace").partition("\n")[0].strip()
        names = next(csv.reader([line], delimiter=max(SEPARATORS, key=line.count)), [])
        shown = [name.strip()[:LONGEST_COLUMN] for name in names[:MOST_COLUMNS]]
        return f" (columns: {', '.join(shown)})" if shown else ""
    return ""
