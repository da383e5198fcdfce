"""What tools may use: files for the code interpreter, a vector store for file search."""

from __future__ import annotations

from typing import Any

from sqlalchemy.orm import Session

from services.server.store import files, vector_stores
from services.server.store.lookup import find
from services.storage.api_tables import VectorStoreRow

Wire = dict[str, Any]
DAYS_OF_A_THREADS_STORE = 7
"""A store made for a thread expires so long after its last use. Source: OpenAI's file search guide."""


def settled(session: Session, owner: str, given: Wire | None, *, of_a_thread: bool = False) -> Wire:
    """A request's tool_resources with every id looked up, and a vector store made where one is described."""
    settled: Wire = {}
    if (code := (given or {}).get("code_interpreter")) is not None:
        file_ids = [files.find_live(session, owner, file_id).id for file_id in code.get("file_ids") or ()]
        settled["code_interpreter"] = {"file_ids": file_ids}
    if (search := (given or {}).get("file_search")) is not None:
        store_ids = [find(session, VectorStoreRow, owner, i).id for i in search.get("vector_store_ids") or ()]
        described = search.get("vector_stores") or ()
        store_ids += [_store(session, owner, store, of_a_thread) for store in described]
        settled["file_search"] = {"vector_store_ids": store_ids}
    return settled


def for_tools(resources: Wire, tools: list[Wire]) -> Wire:
    """The resources as the service shows them: each tool that has some gets its entry, if only an empty one."""
    empty: Wire = {}
    kinds = {tool["type"] for tool in tools}
    if "code_interpreter" in kinds:
        empty["code_interpreter"] = {"file_ids": []}
    if "file_search" in kinds:
        empty["file_search"] = {"vector_store_ids": []}
    return {**empty, **resources}


def _store(session: Session, owner: str, described: Wire, of_a_thread: bool) -> str:
    body = dict(described)
    if of_a_thread:
        body["expires_after"] = {"anchor": "last_active_at", "days": DAYS_OF_A_THREADS_STORE}
    made = vector_stores.create(session, owner, body)
    return str(made["id"])
