"""What storage gives back. Light to import: no SQLAlchemy here."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from services.turns import Mode


@dataclass(frozen=True, slots=True)
class Conversation:
    """One saved conversation. `title` None means not named yet; `turn_count` counts all branches."""

    id: str
    title: str | None
    mode: Mode
    leaf_turn_id: str | None
    settings: dict[str, Any]
    created_at: datetime
    updated_at: datetime
    turn_count: int


@dataclass(frozen=True, slots=True)
class SearchHit:
    """A turn that holds the words looked for; `snippet` is plain text around the first of them."""

    conversation_id: str
    title: str | None
    turn_id: str
    snippet: str
    created_at: datetime


@dataclass(frozen=True, slots=True)
class StorageReport:
    """How much is kept. Sizes are of the whole installation, counts are the owner's."""

    database_bytes: int
    blobs_bytes: int
    conversations: int
    turns: int
    exchanges: int
    calls: int
