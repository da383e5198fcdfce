"""Lanes as JSON and back, for the database and for files. What comes in is checked strictly."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, Any

from services.compare.records import Lane
from services.turns import Mode

if TYPE_CHECKING:
    from pydantic import TypeAdapter


@dataclass(frozen=True, slots=True)
class LaneEntry:
    """A lane as it is written down."""

    __pydantic_config__ = {"extra": "forbid"}  # noqa: RUF012

    id: str
    mode: Mode
    connection: str
    model: str
    instructions: str = ""
    parameters: dict[str, Any] = field(default_factory=dict)
    tools: tuple[str, ...] = ()
    files: tuple[str, ...] = ()
    conversation_id: str | None = None


@cache
def _adapter() -> TypeAdapter[LaneEntry]:
    from pydantic import TypeAdapter

    return TypeAdapter(LaneEntry)


def to_entry(lane: Lane) -> LaneEntry:
    """The lane as it is written down."""
    return LaneEntry(
        lane.id,
        lane.mode,
        lane.connection,
        lane.model,
        lane.instructions,
        dict(lane.parameters),
        lane.tools,
        lane.files,
        lane.conversation_id,
    )


def from_entry(entry: LaneEntry) -> Lane:
    """The lane that was written down."""
    return Lane(
        entry.id,
        entry.mode,
        entry.connection,
        entry.model,
        entry.instructions,
        entry.parameters,
        entry.tools,
        entry.files,
        entry.conversation_id,
    )


def to_rows(lanes: Sequence[Lane]) -> list[dict[str, Any]]:
    """Lanes as a column of the database keeps them."""
    return [_adapter().dump_python(to_entry(lane), mode="json") for lane in lanes]


def from_rows(rows: Sequence[Mapping[str, Any]]) -> tuple[Lane, ...]:
    """Lanes from a column of the database."""
    return tuple(from_entry(_adapter().validate_python(row)) for row in rows)
