"""Results on their way out of the querying process: typed values as JSON, in bounded pieces, and back."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any, get_args

from services.tables.shapes import ColumnType, Result

MAX_TEXT_CHARACTERS = 32_000
PIECE_BYTES = 2**20


@dataclass(slots=True)
class Bounds:
    """How many rows a result may have, and how many bytes as JSON."""

    rows: int
    bytes: int
    is_full: bool = field(default=False, init=False)

    def fitting(self, rows: Iterable[list[Any]]) -> Iterator[list[list[Any]]]:
        """The rows that still fit, in pieces of about PIECE_BYTES."""
        piece: list[list[Any]] = []
        taken = 0
        for row in rows:
            size = len(json.dumps(row, ensure_ascii=False).encode("utf-8", "replace"))
            if size > self.bytes:
                self.is_full = True
                break
            self.bytes -= size
            piece.append(row)
            taken += size
            if taken > PIECE_BYTES:
                yield piece
                piece, taken = [], 0
        if piece:
            yield piece


def column_type(kind: str) -> ColumnType:
    """Our word for a type of DuckDB's; what has none of its own is text."""
    if kind.endswith("INT") or kind in ("INTEGER", "BIGNUM"):
        return "integer"
    if kind.startswith("DECIMAL") or kind in ("DOUBLE", "FLOAT"):
        return "decimal"
    if kind.startswith("TIMESTAMP"):
        return "timestamp"
    known: Mapping[str, ColumnType] = {"BOOLEAN": "boolean", "DATE": "date", "TIME": "time"}
    return known.get(kind, "text")


def to_wire(value: Any, kind: ColumnType) -> Any:
    """A value of DuckDB's as JSON has it."""
    match value:
        case None | bool() | int():
            return str(value) if kind == "text" and value is not None else value
        case float():
            return value if math.isfinite(value) else None
        case str():
            return value if len(value) <= MAX_TEXT_CHARACTERS else value[: MAX_TEXT_CHARACTERS - 1] + "…"
        case datetime() | date() | time():
            return value.isoformat()
        case Decimal():
            return str(value)
        case bytes():
            return value[:MAX_TEXT_CHARACTERS].hex()
        case _:
            return str(value)[:MAX_TEXT_CHARACTERS]


def result_of(messages: Iterable[Mapping[str, Any]]) -> Result:
    """The result that a process sends. ValueError, KeyError or TypeError for anything else."""
    columns: list[str] = []
    types: list[ColumnType] = []
    rows: list[tuple[Any, ...]] = []
    is_cut, duration_s = False, 0.0
    for message in messages:
        if "columns" in message:
            columns, types = (
                [str(name) for name in message["columns"]],
                [_type(kind) for kind in message["types"]],
            )
        rows += (_row(row, types) for row in message.get("rows", ()))
        is_cut = is_cut or bool(message.get("is_cut"))
        duration_s = float(message.get("duration_s", duration_s))
    return Result(tuple(columns), tuple(types), tuple(rows), duration_s, is_cut)


def _type(kind: object) -> ColumnType:
    if kind not in get_args(ColumnType):
        raise ValueError(kind)
    return kind  # type: ignore[return-value]


def _row(values: Sequence[Any], types: Sequence[ColumnType]) -> tuple[Any, ...]:
    return tuple(
        None if value is None else _FROM_WIRE[kind](value) for value, kind in zip(values, types, strict=True)
    )


def _decimal(value: object) -> Decimal | float:
    return Decimal(value) if isinstance(value, str) else float(value)  # type: ignore[arg-type]


_FROM_WIRE: Mapping[ColumnType, Callable[[Any], Any]] = {
    "text": str,
    "integer": int,
    "decimal": _decimal,
    "boolean": bool,
    "date": date.fromisoformat,
    "timestamp": datetime.fromisoformat,
    "time": time.fromisoformat,
}
