"""Conversations, and the items in them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from services.server.responses.items import PREFIXES, Item
from services.server.store.clock import now
from services.server.store.ids import new_id
from services.server.store.lookup import bodies_changed, find, find_or_none, holding
from services.server.store.pages import Paging, envelope, listed
from services.storage.response_tables import ConversationStateRow, ItemRow

Wire = dict[str, Any]


def create(session: Session, owner: str, metadata: Wire, items: Sequence[Item]) -> Wire:
    """A new conversation, with first items if there are any."""
    row = ConversationStateRow(id=new_id("conv_"), owner=owner, created_at=now(), body={"metadata": metadata})
    session.add(row)
    session.flush()
    append(session, owner, row.id, items)
    return wire(row)


def retrieve(session: Session, owner: str, conversation_id: str) -> Wire:
    """One conversation."""
    return wire(find(session, ConversationStateRow, owner, conversation_id))


def known(session: Session, owner: str, conversation_id: str) -> bool:
    """Whether the owner has this conversation here."""
    return find_or_none(session, ConversationStateRow, owner, conversation_id) is not None


def update(session: Session, owner: str, conversation_id: str, metadata: Wire) -> Wire:
    """Replace a conversation's metadata."""
    row = find(session, ConversationStateRow, owner, conversation_id, held=True)
    bodies_changed(row, metadata=metadata)
    return wire(row)


def delete(session: Session, owner: str, conversation_id: str) -> Wire:
    """Delete a conversation with its items. Responses keep theirs."""
    session.delete(find(session, ConversationStateRow, owner, conversation_id))
    return {"id": conversation_id, "object": "conversation.deleted", "deleted": True}


def add(session: Session, owner: str, conversation_id: str, items: Sequence[Item]) -> tuple[Wire, list[Item]]:
    """Add items at the end; those added, as a list."""
    find(session, ConversationStateRow, owner, conversation_id)
    added = append(session, owner, conversation_id, items)
    return envelope([item.body for item in added], has_more=False), added


def append(session: Session, owner: str, conversation_id: str, items: Sequence[Item]) -> list[Item]:
    """Put items behind the others, each under an id of its own. Nothing when the conversation was deleted meanwhile."""
    query = select(ConversationStateRow).where(ConversationStateRow.id == conversation_id)
    if session.scalar(holding(query.where(ConversationStateRow.owner == owner))) is None:
        return []
    taken = set(session.scalars(select(ItemRow.id).where(ItemRow.conversation_id == conversation_id)))
    added = [_with_own_id(item, taken) for item in items]
    for item in added:
        session.add(
            ItemRow(
                id=item.body["id"],
                owner=owner,
                created_at=now(),
                response_id=None,
                conversation_id=conversation_id,
                side="",
                body=item.body,
                private=item.private,
            )
        )
        session.flush()  # in their order
    return added


def _with_own_id(item: Item, taken: set[str]) -> Item:
    if item.body["id"] in taken:
        item = Item({**item.body, "id": new_id(PREFIXES[item.kind])}, item.private)
    taken.add(item.body["id"])
    return item


def context(session: Session, owner: str, conversation_id: str) -> list[Item]:
    """Every item of a conversation, oldest first. ApiError 404."""
    find(session, ConversationStateRow, owner, conversation_id)
    rows = session.scalars(
        select(ItemRow)
        .where(ItemRow.conversation_id == conversation_id, ItemRow.owner == owner)
        .order_by(ItemRow.number)
    )
    return [Item(row.body, row.private) for row in rows]


def items(session: Session, owner: str, conversation_id: str, paging: Paging) -> tuple[Wire, list[Item]]:
    """One page of a conversation's items; and the items with what they rest on."""
    find(session, ConversationStateRow, owner, conversation_id)
    found: list[Item] = []

    def shown(rows: Sequence[ItemRow]) -> list[Wire]:
        found.extend(Item(row.body, row.private) for row in rows)
        return [row.body for row in rows]

    where = [ItemRow.conversation_id == conversation_id, ItemRow.owner == owner]
    return listed(session, ItemRow, where, paging, shown), found


def item(session: Session, owner: str, conversation_id: str, item_id: str) -> Item:
    """One item of a conversation."""
    row = _find_item(session, owner, conversation_id, item_id)
    return Item(row.body, row.private)


def delete_item(session: Session, owner: str, conversation_id: str, item_id: str) -> Wire:
    """Delete an item; the conversation it was in."""
    session.delete(_find_item(session, owner, conversation_id, item_id))
    return retrieve(session, owner, conversation_id)


def _find_item(session: Session, owner: str, conversation_id: str, item_id: str) -> ItemRow:
    find(session, ConversationStateRow, owner, conversation_id)
    return find(session, ItemRow, owner, item_id, ItemRow.conversation_id == conversation_id)


def wire(row: ConversationStateRow) -> Wire:
    """The conversation as it goes over the wire."""
    return {
        "id": row.id,
        "object": "conversation",
        "created_at": row.created_at,
        "metadata": row.body["metadata"],
    }
