"""What calls are counted in: every number that the ledger keeps of a call, whichever there are."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Boolean, Float, Integer, Numeric
from sqlalchemy.sql.elements import KeyedColumnElement

from services.storage.tables import CallRow

NOT_UNITS = frozenset({"number", "local", "cost_usd", "ttft_s", "duration_s"})
LABELS = {
    "prompt_tokens": "Tokens sent",
    "completion_tokens": "Tokens written",
    "cached_tokens": "Tokens from the prompt cache",
    "cache_write_tokens": "Tokens put into the prompt cache",
    "reasoning_tokens": "Tokens of reasoning",
    "audio_s": "Seconds of sound",
    "characters": "Characters spoken",
}


@dataclass(frozen=True, slots=True)
class Unit:
    """A unit by the ledger's name for it, and what people call it."""

    name: str
    label: str

    @property
    def is_tokens(self) -> bool:
        """Whether it counts tokens, which are sold by the million."""
        return self.name.endswith("_tokens")


def units() -> tuple[Unit, ...]:
    """Every unit of the ledger, in the order of its columns."""
    return units_among(CallRow.__table__.columns)


def units_among(columns: Iterable[KeyedColumnElement[Any]]) -> tuple[Unit, ...]:
    """The units among some columns: whatever number is counted of a call."""
    return tuple(
        Unit(column.name, LABELS.get(column.name) or _label(column.name))
        for column in columns
        if column.name not in NOT_UNITS
        and isinstance(column.type, Integer | Float | Numeric)
        and not isinstance(column.type, Boolean)
    )


def _label(name: str) -> str:
    """`audio_s` is audio seconds, `picture_count` pictures."""
    if name.endswith("_s"):
        name = f"{name}econds"
    elif name.endswith("_count"):
        name = f"{name.removesuffix('_count')}s"
    return name.replace("_", " ").capitalize()
