"""Responses, and every move of their state: each function is part of one transaction."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import ColumnElement, and_, func, literal, or_, select
from sqlalchemy.orm import Session

from services.server.errors import ApiError
from services.server.responses.items import Item
from services.server.responses.wire import wire
from services.server.store import conversation_state
from services.server.store.clock import now
from services.server.store.ids import is_id
from services.server.store.lookup import find, find_or_none, holding
from services.server.store.pages import Paging, listed
from services.storage.response_tables import ItemRow, ResponseRow

Wire = dict[str, Any]
Rows = Sequence[ItemRow]

QUEUED, IN_PROGRESS, CANCELLED = "queued", "in_progress", "cancelled"
ACTIVE = (QUEUED, IN_PROGRESS)
REMEMBERED = ("completed", "incomplete")
"""What ends like this joins its conversation; what failed or was cancelled does not."""


@dataclass(frozen=True, slots=True)
class Kept:
    """A response from the database: what it says of itself, and its answer."""

    id: str
    created_at: int
    status: str
    body: Wire
    output: list[Item] = field(default_factory=list)

    def wire(self, shown: list[Wire] | None = None) -> Wire:
        """The response as it goes over the wire."""
        output = [item.body for item in self.output] if shown is None else shown
        return wire(self.id, self.created_at, self.status, self.body, output)


def create(session: Session, owner: str, new: Kept, asked: Sequence[Item], worker: str) -> None:
    """A response that is about to be worked on, with what went into it."""
    conversation = new.body["conversation"]
    row = ResponseRow(
        id=new.id,
        owner=owner,
        created_at=new.created_at,
        status=new.status,
        previous_id=new.body["previous_response_id"],
        conversation_id=conversation["id"] if conversation else None,
        worker=worker,
        heartbeat_at=now(),
        body=new.body,
    )
    session.add(row)
    session.flush()
    session.add_all(_row(owner, new.id, "input", item) for item in asked)


def begin(session: Session, response_id: str) -> bool:
    """Take up a queued response; False when it was cancelled or deleted meanwhile."""
    row = _held(session, response_id)
    if row is None or row.status != QUEUED:
        return False
    row.status, row.heartbeat_at = IN_PROGRESS, now()
    return True


def save(session: Session, response_id: str, output: Sequence[Item]) -> str | None:
    """Keep what has come so far, say that the response is alive, and tell its status; None when it is deleted."""
    row = _held(session, response_id)
    if row is None:
        return None
    if row.status in ACTIVE:
        row.heartbeat_at = now()
        _keep_output(session, row, output)
    return row.status


def settle(
    session: Session, response_id: str, status: str, changes: Wire, output: Sequence[Item] | None
) -> Kept | None:
    """End a response like this, unless others were quicker; what it is now, or None when it is deleted.

    Without `output`, what was kept stands, and what was open in it is cut off.
    """
    row = _held(session, response_id)
    if row is None:
        return None
    if row.status in ACTIVE:
        row.status, row.worker, row.heartbeat_at = status, None, None
        row.body = {**row.body, **changes}
        if output is not None:
            _keep_output(session, row, output)
        else:
            _cut(session, response_id)
        if status in REMEMBERED and row.conversation_id is not None:
            _join_conversation(session, row)
    session.flush()
    return _kept(session, row)


def _join_conversation(session: Session, row: ResponseRow) -> None:
    conversation_id = row.conversation_id
    assert conversation_id is not None
    items = [Item(item.body, item.private) for item in _items(session, ItemRow.response_id == row.id)]
    conversation_state.append(session, row.owner, conversation_id, items)


def retrieve(session: Session, owner: str, response_id: str) -> Kept:
    """One response. ApiError 404."""
    return _kept(session, find(session, ResponseRow, owner, response_id))


def known(session: Session, owner: str, response_id: str) -> bool:
    """Whether the owner has this response here."""
    return find_or_none(session, ResponseRow, owner, response_id) is not None


def delete(session: Session, owner: str, response_id: str) -> Wire:
    """Delete a response with its items. A conversation keeps its copies of them."""
    session.delete(find(session, ResponseRow, owner, response_id))
    return {"id": response_id, "object": "response", "deleted": True}


def drop(session: Session, response_id: str) -> None:
    """Forget a response that was refused before it began."""
    if (row := _held(session, response_id)) is not None:
        session.delete(row)


def context(session: Session, owner: str, response_id: str) -> list[Item]:
    """Everything said up to and including this response, oldest first. ApiError 400 while it is being written.

    What was deleted is not told again: the chain ends there.
    """
    row = find(session, ResponseRow, owner, response_id)
    if row.status in ACTIVE:
        message = f"Previous response with id '{response_id}' is still {row.status}. Wait until it has ended."
        raise ApiError(400, message, code="previous_response_not_ready", param="previous_response_id")
    chain = _chain(session, owner, response_id)
    rows = _items(session, ItemRow.response_id.in_(chain))
    return [*_before(session, owner, chain[0], rows), *(Item(row.body, row.private) for row in rows)]


def _before(session: Session, owner: str, first_id: str, rows: Rows) -> list[Item]:
    """What stood in the conversation before the chain began in it."""
    first = find(session, ResponseRow, owner, first_id)
    if first.conversation_id is None or not rows:
        return []
    earlier = ItemRow.number < rows[0].number
    found = _items(session, ItemRow.conversation_id == first.conversation_id, ItemRow.owner == owner, earlier)
    return [Item(row.body, row.private) for row in found]


def _chain(session: Session, owner: str, response_id: str) -> list[str]:
    """The ids of this response and of those it follows, oldest first."""
    last = select(ResponseRow.id, ResponseRow.previous_id, literal(0).label("depth")).where(
        ResponseRow.id == response_id, ResponseRow.owner == owner
    )
    chain = last.cte("chain", recursive=True)
    earlier = (
        select(ResponseRow.id, ResponseRow.previous_id, chain.c.depth + 1)
        .join(chain, ResponseRow.id == chain.c.previous_id)
        .where(ResponseRow.owner == owner)
    )
    chain = chain.union_all(earlier)
    return list(session.scalars(select(chain.c.id).order_by(chain.c.depth.desc())))


def input_items(session: Session, owner: str, response_id: str, paging: Paging) -> tuple[Wire, list[Item]]:
    """One page of what went into a response, what it follows included; and the items with what they rest on."""
    find(session, ResponseRow, owner, response_id)
    *earlier, own = _chain(session, owner, response_id)
    asked = and_(ItemRow.response_id == own, ItemRow.side == "input")
    where = [or_(ItemRow.response_id.in_(earlier), asked), ItemRow.owner == owner]
    items: list[Item] = []

    def shown(rows: Rows) -> list[Wire]:
        items.extend(Item(row.body, row.private) for row in rows)
        return [row.body for row in rows]

    return listed(session, ItemRow, where, paging, shown), items


def referenced(session: Session, owner: str, item_ids: Sequence[str]) -> dict[str, Item]:
    """Items of the owner by their ids, the newest where there are copies."""
    wanted = [item_id for item_id in item_ids if is_id(item_id)]
    found = session.scalars(
        select(ItemRow).where(ItemRow.owner == owner, ItemRow.id.in_(wanted)).order_by(ItemRow.number)
    )
    return {row.id: Item(row.body, row.private) for row in found}


def left_behind(session: Session, earliest: int, latest: int) -> list[str]:
    """Responses that nobody has given a sign of life of between these times."""
    alive = ResponseRow.heartbeat_at.between(earliest, latest)
    query = select(ResponseRow.id).where(ResponseRow.status.in_(ACTIVE), func.coalesce(~alive, True))
    return list(session.scalars(query))


def _kept(session: Session, row: ResponseRow) -> Kept:
    written = _items(session, ItemRow.response_id == row.id, ItemRow.side == "output")
    output = [Item(item.body, item.private) for item in written]
    return Kept(row.id, row.created_at, row.status, row.body, output)


def _keep_output(session: Session, row: ResponseRow, output: Sequence[Item]) -> None:
    present = {
        item.id: item for item in _items(session, ItemRow.response_id == row.id, ItemRow.side == "output")
    }
    for item in output:
        if (stored := present.get(item.body["id"])) is None:
            session.add(_row(row.owner, row.id, "output", item))
            session.flush()  # in their order
        elif (stored.body, stored.private) != (item.body, item.private):
            stored.body, stored.private = item.body, item.private


def _cut(session: Session, response_id: str) -> None:
    for item in _items(session, ItemRow.response_id == response_id, ItemRow.side == "output"):
        if item.body.get("status") not in ("completed", "incomplete", "failed"):
            item.body = {**item.body, "status": "incomplete"}


def _items(session: Session, *where: ColumnElement[bool]) -> Rows:
    return session.scalars(select(ItemRow).where(*where).order_by(ItemRow.number)).all()


def _row(owner: str, response_id: str, side: str, item: Item) -> ItemRow:
    return ItemRow(
        id=item.body["id"],
        owner=owner,
        created_at=now(),
        response_id=response_id,
        conversation_id=None,
        side=side,
        body=item.body,
        private=item.private,
    )


def _held(session: Session, response_id: str) -> ResponseRow | None:
    return session.scalar(holding(select(ResponseRow).where(ResponseRow.id == response_id)))
