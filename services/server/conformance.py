"""Conformance mode: OpenAI's own SDK tests against this server, through the same handlers, storage and serialisation.

Those tests use made-up ids, in any order. So an unknown id is made an object of on first use, states of runs are not
insisted on, any model is taken, and one fixed sentence answers. Never on by accident: TANDEM_CONFORMANCE must say so, and
a database that holds anything real is refused.
"""

from __future__ import annotations

import logging
from collections.abc import AsyncGenerator
from typing import TYPE_CHECKING, Any

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from services.errors import StorageFailed
from services.server.runs.models import ChatModel
from services.server.store import (
    assistants,
    files,
    messages,
    runs,
    steps,
    store_files,
    threads,
    vector_stores,
)
from services.server.store.clock import now
from services.server.store.files import NewFile
from services.server.store.lookup import STAND_IN
from services.storage.api_tables import (
    ApiRow,
    AssistantRow,
    FileBatchRow,
    FileRow,
    MessageRow,
    RunRow,
    StepRow,
    StoreFileRow,
    ThreadRow,
    UploadPartRow,
    UploadRow,
    VectorStoreRow,
)
from services.storage.tables import ConversationRow, PreferenceRow

if TYPE_CHECKING:
    from services.storage.blobs import Blobs
    from services.storage.database import Database

log = logging.getLogger("tandem.server")

OWNER, MARK = "conformance", "conformance"
MODEL = "conformance"
TEXT = b"A file that a conformance test asked for."
REAL = (AssistantRow, ThreadRow, FileRow, VectorStoreRow, ConversationRow)
SENTENCE = ("Conformance ", "mode ", "answers ", "this.")

Where = tuple[ColumnElement[bool], ...]


def prepare(database: Database, blobs: Blobs) -> None:
    """Mark an empty database as one for conformance tests. Raises StorageFailed for one that holds anything real."""
    with database.session() as session:
        mark = select(PreferenceRow).where(PreferenceRow.owner == OWNER, PreferenceRow.key == MARK)
        if session.scalar(mark) is None:
            if any(session.scalar(select(row_type.id).limit(1)) is not None for row_type in REAL):
                raise StorageFailed(
                    "TANDEM_CONFORMANCE is set, but the database holds real data. Unset it, or set TANDEM_HOME to an "
                    "empty folder."
                )
            session.add(PreferenceRow(owner=OWNER, key=MARK, value=True))
    log.warning(
        "CONFORMANCE MODE IS ON: this server makes up objects and answers. Never use it for real work."
    )
    maker = Maker(blobs.put(TEXT))
    database.session_info[STAND_IN] = maker.make


class Maker:
    """Makes the objects that tests ask for, with the ids they ask for."""

    def __init__(self, blob_key: str) -> None:
        self._blob_key = blob_key

    def make(
        self, session: Session, row_type: type[ApiRow], owner: str, wanted: str, where: Where
    ) -> ApiRow | None:
        """A row of this type with this id."""
        parents = {
            condition.left.key: condition.right.value for condition in where if _names_parent(condition)
        }
        row: ApiRow | None = self._made(session, row_type, owner, wanted, parents)
        if row is not None and not isinstance(row, StoreFileRow):
            row.id = wanted
        session.flush()
        return row

    def _made(
        self, session: Session, row_type: type[ApiRow], owner: str, wanted: str, parents: dict[str, Any]
    ) -> Any:
        if row_type is AssistantRow:
            return _row(session, AssistantRow, assistants.create(session, owner, {"model": MODEL})["id"])
        if row_type is ThreadRow:
            return _row(session, ThreadRow, threads.create(session, owner, {})["id"])
        if row_type is FileRow:
            return files.add(session, owner, NewFile("file.txt", "assistants", len(TEXT), self._blob_key))
        if row_type is VectorStoreRow:
            return vector_stores.add(session, owner, {})
        if row_type in (UploadRow, UploadPartRow):
            return self._upload(session, row_type, owner, parents)
        return self._child(session, row_type, owner, wanted, parents)

    def _child(
        self, session: Session, row_type: type[ApiRow], owner: str, wanted: str, parents: dict[str, Any]
    ) -> ApiRow | None:
        if row_type is MessageRow:
            thread = _row(session, ThreadRow, parents["thread_id"])
            return messages.add(session, thread, {"role": "user", "content": "Hello"})
        if row_type is RunRow:
            return runs.create(session, owner, parents["thread_id"], {"assistant_id": "assistant_id"})
        if row_type is StepRow:
            run = _row(session, RunRow, parents["run_id"])
            return steps.add(session, run, {"type": steps.TOOLS, "tool_calls": []})
        store = _row(session, VectorStoreRow, parents["vector_store_id"])
        if row_type is StoreFileRow:
            return store_files.add(session, store, files.find_live(session, owner, wanted))
        if row_type is FileBatchRow:
            row = FileBatchRow(
                owner=owner, created_at=now(), vector_store_id=store.id, is_cancelled=False, id=wanted
            )
            session.add(row)
            return row
        return None

    def _upload(self, session: Session, row_type: type[ApiRow], owner: str, parents: dict[str, Any]) -> Any:
        from services.server.store import uploads

        if row_type is UploadPartRow:
            made = uploads.add_part(session, owner, parents["upload_id"], self._blob_key, len(TEXT))
            return _row(session, UploadPartRow, made["id"])
        body = {
            "filename": "file.txt",
            "purpose": "assistants",
            "bytes": len(TEXT),
            "mime_type": "text/plain",
        }
        return _row(session, UploadRow, uploads.create(session, owner, body)["id"])


class FixedModel:
    """Answers every request with the same sentence."""

    name = MODEL
    is_local = False
    context_tokens = 128_000

    def fitted(self, request: dict[str, Any]) -> dict[str, Any]:
        """Everything is taken."""
        return request

    async def stream(self, request: dict[str, Any]) -> AsyncGenerator[dict[str, Any], None]:
        """The sentence, word by word."""
        for word in SENTENCE:
            yield {"choices": [{"delta": {"content": word}, "finish_reason": None}]}
        yield {"choices": [{"delta": {}, "finish_reason": "stop"}]}
        yield {"choices": [], "usage": {"prompt_tokens": 10, "completion_tokens": 4, "total_tokens": 14}}


class FixedModels:
    """Every name is a model."""

    async def find(self, name: str, key: str | None = None) -> ChatModel:
        """The one model there is."""
        return FixedModel()

    def has(self, name: str, key: str | None = None) -> bool:
        """Always."""
        return True


class Lenient:
    """Middleware for the few requests of those tests that the service itself would refuse."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            scope["query_string"] = scope["query_string"].replace(b"limit=0", b"limit=1")
            if scope["method"] == "POST" and scope["path"].endswith("/file_batches"):
                receive = _with_a_file(receive)
        await self.app(scope, receive, send)


def _with_a_file(receive: Receive) -> Receive:
    """A batch needs a file; the tests leave it out."""

    async def completed() -> Message:
        message = await receive()
        if message.get("body") == b"{}":
            message = {**message, "body": b'{"file_ids": ["string"]}'}
        return message

    return completed


def _names_parent(condition: Any) -> bool:
    return getattr(getattr(condition, "left", None), "key", "").endswith("_id")


def _row(session: Session, row_type: Any, wanted: str) -> Any:
    return session.scalars(select(row_type).where(row_type.id == wanted)).one()
