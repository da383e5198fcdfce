"""Conformance mode: OpenAI's own SDK tests against this server, through the same handlers, storage and serialisation.

Those tests use made-up ids, in any order. So an unknown id is made an object of on first use, states of runs are not
insisted on, any model is taken, and one fixed sentence answers. Never on by accident: TANDEM_CONFORMANCE must say so, and
a database that holds anything real is refused.
"""

from __future__ import annotations

import json
import logging
from collections.abc import AsyncGenerator, Callable
from typing import TYPE_CHECKING, Any

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from services.errors import StorageFailed
from services.server.batches import records as batches
from services.server.local_answers import EventStream
from services.server.multipart import Form
from services.server.responses.items import as_items
from services.server.responses.wire import body_of
from services.server.rules.audio import Transcript
from services.server.rules.responses import CANNOT
from services.server.runs.models import ChatModel
from services.server.sound import Keeping, SoundService
from services.server.store import (
    assistants,
    conversation_state,
    files,
    messages,
    responses,
    runs,
    steps,
    store_files,
    threads,
    tuning,
    vector_stores,
)
from services.server.store.clock import now
from services.server.store.files import NewFile
from services.server.store.ids import new_id
from services.server.store.lookup import STAND_IN
from services.server.store.responses import Kept
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
from services.storage.batch_tables import BatchRow
from services.storage.fine_tuning_tables import TuningJobRow
from services.storage.response_tables import ConversationStateRow, ItemRow, ResponseRow
from services.storage.tables import ConversationRow, PreferenceRow

if TYPE_CHECKING:
    from services.storage.blobs import Blobs
    from services.storage.database import Database

log = logging.getLogger("tandem.server")

OWNER, MARK = "conformance", "conformance"
MODEL = "conformance"
TEXT = b"A file that a conformance test asked for."
RESPONSES = ("/responses", "/responses/input_tokens", "/responses/compact")
REAL = (AssistantRow, ThreadRow, FileRow, VectorStoreRow, ConversationRow, ResponseRow, ConversationStateRow)
PIXEL = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg=="
BATCH = {"endpoint": "/v1/responses", "input_file_id": "file-conformance", "completion_window": "24h"}
TUNING_JOB: dict[str, Any] = {
    "model": MODEL,
    "training_file": "file-conformance",
    "validation_file": None,
    "hyperparameters": {"n_epochs": 1},
    "seed": 1,
    tuning.PRIVATE: tuning.private_parts(None),
}
SENTENCE = ("Conformance ", "mode ", "answers ", "this.")

Body = dict[str, Any]
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
            if isinstance(row, ItemRow):
                row.body = {**row.body, "id": wanted}
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
        if row_type is BatchRow:
            return batches.add(session, owner, BATCH)
        if row_type is TuningJobRow:
            return _tuning_job(session, owner, wanted)
        if row_type in (UploadRow, UploadPartRow):
            return self._upload(session, row_type, owner, parents)
        if row_type in (ResponseRow, ConversationStateRow, ItemRow):
            return _remembered(session, row_type, owner, parents)
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


def _tuning_job(session: Session, owner: str, wanted: str) -> TuningJobRow:
    """A job that has its id from the start: events, which name it, would keep it from getting another."""
    body = {**tuning.EMPTY, **TUNING_JOB}
    row = TuningJobRow(id=wanted, owner=owner, created_at=now(), status="paused", body=body)
    session.add(row)
    return row


def _remembered(session: Session, row_type: type[ApiRow], owner: str, parents: dict[str, Any]) -> Any:
    """A response, a conversation, or an item in one."""
    if row_type is ConversationStateRow:
        return _row(session, row_type, conversation_state.create(session, owner, {}, [])["id"])
    if row_type is ItemRow:
        parent = parents.get("conversation_id")
        added = conversation_state.append(session, owner, parent, as_items("Hello")) if parent else []
        return _row(session, ItemRow, added[0].body["id"]) if added else None
    body = body_of({"model": MODEL, "background": True}, MODEL)
    new = Kept(new_id("resp_"), now(), "completed", body)
    responses.create(session, owner, new, [], "conformance")
    session.flush()
    return _row(session, ResponseRow, new.id)


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


def pictures(kind: str, *, stream: bool) -> ASGIApp:
    """One clear pixel, whatever was asked for: the tests send pictures that are none."""
    from starlette.responses import JSONResponse

    from services.server.local_answers import EventStream

    details = {"image_tokens": 0, "text_tokens": 1}
    usage = {"input_tokens": 1, "input_tokens_details": details, "output_tokens": 0, "total_tokens": 1}
    shape = {
        "background": "transparent",
        "output_format": "png",
        "quality": "low",
        "size": "1024x1024",
        "usage": usage,
    }
    if not stream:
        return JSONResponse({"created": now(), "data": [{"b64_json": PIXEL}], **shape})

    async def events() -> AsyncGenerator[dict[str, Any], None]:
        yield {"type": f"{kind}.completed", "b64_json": PIXEL, "created_at": now(), **shape}

    return EventStream(events())


class FixedModels:
    """Every name is a model."""

    async def find(self, name: str, key: str | None = None) -> ChatModel:
        """The one model there is."""
        return FixedModel()

    def has(self, name: str, key: str | None = None) -> bool:
        """Always."""
        return True


class FixedSound(SoundService):
    """Hears the sentence in every recording, whatever it is."""

    def transcribe(self, form: Form, asked: Transcript, task: str) -> ASGIApp:
        """The sentence, as JSON or as events."""
        text = "".join(SENTENCE)
        if not asked.stream:
            return Keeping(form, JSONResponse({"text": text}))

        async def events() -> AsyncGenerator[dict[str, Any], None]:
            yield {"type": "transcript.text.delta", "delta": text}
            yield {"type": "transcript.text.done", "text": text}

        return Keeping(form, EventStream(events()))


class Lenient:
    """Middleware for the few requests of those tests that the service itself would refuse."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            scope["query_string"] = scope["query_string"].replace(b"limit=0", b"limit=1")
            if scope["method"] == "POST":
                receive = self._mended(scope["path"].removeprefix(scope.get("root_path", "")), receive)
        await self.app(scope, receive, send)

    def _mended(self, path: str, receive: Receive) -> Receive:
        if path.endswith("/file_batches"):
            return _changed(receive, _with_a_file)
        if path in RESPONSES:
            return _changed(receive, _with_an_input)
        return receive


def _changed(receive: Receive, change: Callable[[Body], Body]) -> Receive:
    """The request with its body changed; those of the tests come in one piece."""

    async def changed() -> Message:
        message = await receive()
        if message["type"] == "http.request":
            body = json.loads(message.get("body") or b"{}")
            message = {**message, "body": json.dumps(change(body)).encode()}
        return message

    return changed


def _with_a_file(body: Body) -> Body:
    """A batch needs a file; the tests leave it out."""
    return body or {"file_ids": ["string"]}


def _with_an_input(body: Body) -> Body:
    """A response needs a model and an input, and takes one of two memories; parameters that ask for more are left out."""
    kept = {name: value for name, value in body.items() if name not in CANNOT}
    if "previous_response_id" in kept:
        kept.pop("conversation", None)
    return {"model": MODEL, "input": "Hello", **kept}


def _names_parent(condition: Any) -> bool:
    return getattr(getattr(condition, "left", None), "key", "").endswith("_id")


def _row(session: Session, row_type: Any, wanted: str) -> Any:
    return session.scalars(select(row_type).where(row_type.id == wanted)).one()
