"""The events of a response, each with its number."""

from __future__ import annotations

from typing import Any

from services.server.runs.events import EventLog, encoded


class NumberedLog(EventLog):
    """A log whose events carry `sequence_number`, counted from 0, by which they are followed again."""

    def tell(self, kind: str, **fields: Any) -> None:
        """Tell everybody of one thing."""
        self.append(kind, {"type": kind, **fields})

    def _encoded(self, name: str, data: Any) -> bytes:
        return encoded(name, {**data, "sequence_number": len(self)})
