"""Files that are text as they stand."""

from __future__ import annotations

from pathlib import Path

from services.documents.decoding import decoded, with_plain_newlines
from services.documents.refusals import MAX_CHARACTERS, NO_TEXT, too_long, unsupported

MAX_TEXT_BYTES = 4 * MAX_CHARACTERS


def read_text(path: Path) -> str:
    """The file's text, its lines ended by a newline alone. Unreadable when it is none, or too much."""
    text = decoded(read_bytes(path))
    if text is None:
        raise unsupported(NO_TEXT)
    if len(text) > MAX_CHARACTERS:
        raise too_long()
    return with_plain_newlines(text)


def read_bytes(path: Path) -> bytes:
    """The file's bytes; Unreadable, unread, when no encoding could bring their text under MAX_CHARACTERS."""
    if path.stat().st_size > MAX_TEXT_BYTES:
        raise too_long()
    return path.read_bytes()
