"""Lists in pages: `limit`, `order`, `after` and `before`, stable while rows come and go."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeVar

from sqlalchemy import ColumnElement, Select, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from services.server.errors import ApiError
from services.server.store.lookup import is_relaxed
from services.storage.api_tables import ApiRow

Wire = dict[str, Any]
R = TypeVar("R", bound=ApiRow)


@dataclass(frozen=True, slots=True)
class Paging:
    """Which page of a list is asked for."""

    limit: int = 20
    order: Literal["asc", "desc"] = "desc"
    after: str | None = None
    before: str | None = None


def listed(
    session: Session,
    row_type: type[R],
    where: Sequence[ColumnElement[bool]],
    paging: Paging,
    wire: Callable[[Sequence[R]], list[Wire]],
    *,
    ids: InstrumentedAttribute[str] | None = None,
) -> Wire:
    """One page of the rows `where` admits, in OpenAI's envelope. ApiError 404 for a cursor that is not among them."""
    rows, has_more = _page(session, row_type, where, paging, row_type.id if ids is None else ids)
    return envelope(wire(rows), has_more=has_more)


def envelope(data: list[Wire], *, has_more: bool) -> Wire:
    """OpenAI's envelope around one page."""
    return {
        "object": "list",
        "data": data,
        "first_id": data[0]["id"] if data else None,
        "last_id": data[-1]["id"] if data else None,
        "has_more": has_more,
    }


def _page(
    session: Session,
    row_type: type[R],
    where: Sequence[ColumnElement[bool]],
    paging: Paging,
    ids: InstrumentedAttribute[str],
) -> tuple[list[R], bool]:
    bounds = list(where)
    ascending = paging.order == "asc"
    for cursor, later in ((paging.after, ascending), (paging.before, not ascending)):
        if cursor is not None:
            number = _number_of(session, row_type, where, ids, cursor)
            bounds.append(row_type.number > number if later else row_type.number < number)
    # The page before a cursor is the one that touches it: read it from there, and turn it around.
    backwards = paging.before is not None and paging.after is None
    query: Select[Any] = select(row_type).where(*bounds)
    query = query.order_by(row_type.number.asc() if ascending != backwards else row_type.number.desc())
    rows: list[R] = list(session.scalars(query.limit(paging.limit + 1)))
    page = rows[: paging.limit]
    return (page[::-1] if backwards else page), len(rows) > paging.limit


def _number_of(
    session: Session,
    row_type: type[R],
    where: Sequence[ColumnElement[bool]],
    ids: InstrumentedAttribute[str],
    cursor: str,
) -> int:
    number = session.scalar(select(row_type.number).where(*where, ids == cursor))
    if number is None and is_relaxed(session):
        return 0
    if number is None:
        raise ApiError(404, f"There is no object with id '{cursor}' in this list.", param="after")
    return number
