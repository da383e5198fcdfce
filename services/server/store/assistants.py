"""Assistants: a model with instructions, tools and what the tools may use."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy.orm import Session

from services.server.store import tool_resources
from services.server.store.clock import now
from services.server.store.ids import new_id
from services.server.store.lookup import bodies_changed, find
from services.server.store.pages import Paging, listed
from services.storage.api_tables import AssistantRow

Wire = dict[str, Any]

DEFAULTS: Wire = {
    "name": None,
    "description": None,
    "instructions": None,
    "tools": [],
    "top_p": 1.0,
    "temperature": 1.0,
    "reasoning_effort": None,
    "metadata": {},
    "response_format": "auto",
}


def create(session: Session, owner: str, body: Wire) -> Wire:
    """A new assistant from a checked request."""
    resources = tool_resources.settled(session, owner, body.get("tool_resources"))
    kept = {name: body.get(name, default) for name, default in DEFAULTS.items()}
    row = AssistantRow(
        id=new_id("asst_"),
        owner=owner,
        created_at=now(),
        body={**kept, "model": body["model"], "tool_resources": resources},
    )
    session.add(row)
    session.flush()
    return wire(row)


def retrieve(session: Session, owner: str, assistant_id: str) -> Wire:
    """One assistant."""
    return wire(find(session, AssistantRow, owner, assistant_id))


def update(session: Session, owner: str, assistant_id: str, body: Wire) -> Wire:
    """Change what the request names; a null sets the default again, arrays are replaced."""
    row = find(session, AssistantRow, owner, assistant_id, held=True)
    changes = {name: DEFAULTS.get(name) if value is None else value for name, value in body.items()}
    changes.pop("model", None)
    if body.get("model"):
        changes["model"] = body["model"]
    if "tool_resources" in body:
        given = tool_resources.settled(session, owner, body["tool_resources"])
        changes["tool_resources"] = {**row.body["tool_resources"], **given}
    bodies_changed(row, **changes)
    return wire(row)


def delete(session: Session, owner: str, assistant_id: str) -> Wire:
    """Delete an assistant. Its threads and runs stay."""
    session.delete(find(session, AssistantRow, owner, assistant_id))
    return {"id": assistant_id, "object": "assistant.deleted", "deleted": True}


def page(session: Session, owner: str, paging: Paging) -> Wire:
    """One page of the owner's assistants."""
    return listed(session, AssistantRow, [AssistantRow.owner == owner], paging, _wires)


def _wires(rows: Sequence[AssistantRow]) -> list[Wire]:
    return [wire(row) for row in rows]


def wire(row: AssistantRow) -> Wire:
    """The assistant as it goes over the wire."""
    body = row.body
    return {
        "id": row.id,
        "object": "assistant",
        "created_at": row.created_at,
        "name": body["name"],
        "description": body["description"],
        "model": body["model"],
        "instructions": body["instructions"],
        "tools": body["tools"],
        "top_p": body["top_p"],
        "temperature": body["temperature"],
        "reasoning_effort": body["reasoning_effort"],
        "tool_resources": tool_resources.for_tools(body["tool_resources"], body["tools"]),
        "metadata": body["metadata"],
        "response_format": body["response_format"],
    }
