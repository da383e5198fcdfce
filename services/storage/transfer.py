"""Conversations on their way out of and into the library."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from services.turns import Mode, Turn, TurnStatus, new_id


@dataclass(frozen=True, slots=True)
class Imported:
    """A conversation that was read and found right, with new ids; parents come before children."""

    title: str | None
    mode: Mode
    settings: dict[str, Any]
    turns: tuple[Turn, ...]
    leaf_turn_id: str | None


def renew(turns: Iterable[Turn]) -> dict[str, str]:
    """Give turns new ids, and end those that waited for something; old id to new."""
    ids: dict[str, str] = {}
    for turn in turns:
        ids[turn.id] = turn.id = new_id("turn")
        turn.parent_id = ids[turn.parent_id] if turn.parent_id is not None else None
        if not turn.is_final:  # a tool call that came in a file must never run
            turn.status = TurnStatus.INTERRUPTED
    return ids


def to_zip(conversations: Iterable[tuple[str | None, bytes, str]]) -> bytes:
    """A zip file of conversations, given as title, JSON and Markdown."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for number, (title, data, markdown) in enumerate(conversations, start=1):
            name = f"conversations/{number:04d} {slug(title)}"
            archive.writestr(f"{name}.json", data)
            archive.writestr(f"{name}.md", markdown.encode("utf-8", "replace"))
    return buffer.getvalue()


def slug(title: str | None) -> str:
    """A title as a part of a file's name."""
    return re.sub(r"\W+", "-", title or "").strip("-")[:60] or "unnamed"
