"""What a scan finds and what it passes over, as plain values."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

Reason = Literal["binary", "too large", "unreadable", "not a regular file"]


@dataclass(frozen=True, slots=True)
class Finding:
    """One call. `line` counts from 1, in a notebook within its cell, which is counted from 1 too."""

    path: str
    line: int
    call: str
    becomes: str
    note: str = ""
    cell: int | None = None

    @property
    def place(self) -> str:
        """Where it stands, as editors take it."""
        cell = f" (cell {self.cell})" if self.cell is not None else ""
        return f"{self.path}:{self.line}{cell}"


@dataclass(frozen=True, slots=True)
class Skipped:
    """A file that was not read, and why."""

    path: str
    reason: Reason


@dataclass(frozen=True, slots=True)
class Scan:
    """Everything found in a code base, in the order of paths and lines."""

    findings: tuple[Finding, ...] = ()
    skipped: tuple[Skipped, ...] = ()
    files: int = 0
    notices: tuple[str, ...] = field(default=())
