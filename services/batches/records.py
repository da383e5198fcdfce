"""A batch as a page shows it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

ENDS = ("completed", "failed", "expired", "cancelled")
STOPPABLE = ("validating", "in_progress")


@dataclass(frozen=True, slots=True)
class BatchView:
    """A batch and how far it is. `errors` are what its server found wrong with the input, one a line of it."""

    id: str
    status: str
    endpoint: str
    model: str | None
    created_at: datetime
    total: int
    completed: int
    failed: int
    output_file_id: str | None
    error_file_id: str | None
    errors: tuple[str, ...] = ()

    @property
    def has_ended(self) -> bool:
        return self.status in ENDS

    @property
    def can_be_cancelled(self) -> bool:
        return self.status in STOPPABLE


def as_batch(wire: Mapping[str, Any]) -> BatchView:
    """A batch from the wire."""
    counts = wire.get("request_counts") or {}
    errors = (wire.get("errors") or {}).get("data") or []
    return BatchView(
        wire["id"],
        wire["status"],
        wire["endpoint"],
        wire.get("model"),
        datetime.fromtimestamp(wire["created_at"], UTC),
        counts.get("total", 0),
        counts.get("completed", 0),
        counts.get("failed", 0),
        wire.get("output_file_id"),
        wire.get("error_file_id"),
        tuple(_said(error) for error in errors),
    )


def _said(error: Mapping[str, Any]) -> str:
    line = error.get("line")
    return f"Line {line}: {error.get('message')}" if line else str(error.get("message"))
