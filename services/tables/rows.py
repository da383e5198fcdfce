"""Tables as the database keeps them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, replace
from functools import cache
from typing import TYPE_CHECKING, Any

from services.tables.shapes import ReadOptions, State, Table

if TYPE_CHECKING:
    from pydantic import TypeAdapter

    from services.storage.tables import UploadedTableRow
    from services.tables.loading import Loaded


def waiting(asked: ReadOptions) -> dict[str, Any]:
    """The body of a table that is to be loaded."""
    return {"asked": asdict(asked)}


def loaded(body: Mapping[str, Any], found: Loaded) -> dict[str, Any]:
    """The body of a table that was loaded."""
    return {"asked": body["asked"], **asdict(found)}


def failed(body: Mapping[str, Any], says: str) -> dict[str, Any]:
    """The body of a table that could not be loaded."""
    return {"asked": body["asked"], "error": says}


def asked(body: Mapping[str, Any]) -> ReadOptions:
    """The options that a person asked for."""
    options: ReadOptions = _options().validate_python(body["asked"])
    return options


def table_of(row: UploadedTableRow, progress: float | None = None) -> Table:
    """A row as a table."""
    fields = {key: value for key, value in row.body.items() if key != "asked"}
    fields.setdefault("options", row.body["asked"])
    about = {
        "id": row.id,
        "collection_id": row.collection_id,
        "name": row.name,
        "filename": row.filename,
        "size_bytes": row.size_bytes,
        "state": row.state,
    }
    table: Table = _tables().validate_python(fields | about)
    return replace(table, progress=progress) if table.state == "loading" else table


def is_unfinished(state: str) -> bool:
    """Whether a table in this state has still to be loaded."""
    unfinished: tuple[State, ...] = ("waiting", "loading")
    return state in unfinished


@cache
def _options() -> TypeAdapter[ReadOptions]:
    from pydantic import TypeAdapter

    return TypeAdapter(ReadOptions)


@cache
def _tables() -> TypeAdapter[Table]:
    from pydantic import TypeAdapter

    return TypeAdapter(Table)
