"""Files attached to a message: they join what tools may use in its thread."""

from __future__ import annotations

from typing import Any

from sqlalchemy.orm import Session

from services.server.store import files, store_files, vector_stores
from services.server.store.lookup import bodies_changed, find_or_none
from services.server.store.tool_resources import DAYS_OF_A_THREADS_STORE
from services.storage.api_tables import FileRow, ThreadRow, VectorStoreRow

Wire = dict[str, Any]


def attach(session: Session, thread: ThreadRow, attachments: list[Wire]) -> None:
    """Give each file to the tools it is attached for. ApiError 404 for a file that is not there."""
    for attachment in attachments:
        file = files.find_live(session, thread.owner, attachment["file_id"], kept=True)
        kinds = {tool["type"] for tool in attachment.get("tools") or ()}
        if "code_interpreter" in kinds:
            _to_code_interpreter(thread, file.id)
        if "file_search" in kinds:
            _to_file_search(session, thread, file)


def _to_code_interpreter(thread: ThreadRow, file_id: str) -> None:
    resources = thread.body["tool_resources"]
    known = resources.get("code_interpreter", {}).get("file_ids", [])
    if file_id not in known:
        added = {"code_interpreter": {"file_ids": [*known, file_id]}}
        bodies_changed(thread, tool_resources={**resources, **added})


def _to_file_search(session: Session, thread: ThreadRow, file: FileRow) -> None:
    store_files.add(session, _store_of(session, thread), file)


def _store_of(session: Session, thread: ThreadRow) -> VectorStoreRow:
    resources = thread.body["tool_resources"]
    for store_id in resources.get("file_search", {}).get("vector_store_ids", []):
        store = find_or_none(session, VectorStoreRow, thread.owner, store_id, held=True)
        if store is not None and not vector_stores.is_expired(store):
            return store
    expiry = {"anchor": "last_active_at", "days": DAYS_OF_A_THREADS_STORE}
    store = vector_stores.add(session, thread.owner, {"expires_after": expiry})
    bodies_changed(thread, tool_resources={**resources, "file_search": {"vector_store_ids": [store.id]}})
    return store
