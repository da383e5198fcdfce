"""What the server holds, as plain values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any


@dataclass(frozen=True, slots=True)
class Conversation:
    """A conversation on the server. Its items are asked for apart."""

    id: str
    created_at: datetime
    metadata: Mapping[str, str] = field(default_factory=dict)


def as_conversation(wire: Mapping[str, Any]) -> Conversation:
    """A conversation as the API spells it."""
    created_at = datetime.fromtimestamp(wire["created_at"], UTC)
    return Conversation(wire["id"], created_at, wire.get("metadata") or {})
