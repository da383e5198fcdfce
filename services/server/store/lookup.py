"""One object by its id, for its owner; what is not there is told in OpenAI's words."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, Select, select
from sqlalchemy.orm import Session

from services.server.errors import ApiError
from services.server.store.ids import is_id
from services.storage.api_tables import (
    ApiRow,
    AssistantRow,
    FileBatchRow,
    FileRow,
    MessageRow,
    RunRow,
    StepRow,
    ThreadRow,
    UploadPartRow,
    UploadRow,
    VectorStoreRow,
)
from services.storage.batch_tables import BatchRow
from services.storage.fine_tuning_tables import TuningJobRow
from services.storage.response_tables import ContainerRow, ConversationStateRow, ItemRow, ResponseRow

R = TypeVar("R", bound=ApiRow)
Q = TypeVar("Q", bound=Select[Any])
StandIn = Callable[[Session, type[ApiRow], str, str, tuple[ColumnElement[bool], ...]], ApiRow | None]
STAND_IN = "stand_in"
"""Key of `session.info` for what makes up missing objects in conformance mode; absent in real use."""


def is_relaxed(session: Session) -> bool:
    """Whether this is conformance mode, in which states are not insisted on."""
    return STAND_IN in session.info


@dataclass(frozen=True, slots=True)
class Kind:
    """How a kind of object is called, how its ids begin, and which parameter names it."""

    noun: str
    prefix: str
    param: str
    missing: str = "No {noun} found with id '{wanted}'."


NOT_FOUND = "The {noun} with id '{wanted}' was not found."
KINDS: dict[type[ApiRow], Kind] = {
    AssistantRow: Kind("assistant", "asst", "assistant_id"),
    ThreadRow: Kind("thread", "thread", "thread_id"),
    MessageRow: Kind("message", "msg", "message_id"),
    RunRow: Kind("run", "run", "run_id"),
    StepRow: Kind("run step", "step", "step_id"),
    FileRow: Kind("file", "file", "file_id"),
    UploadRow: Kind("upload", "upload", "upload_id"),
    UploadPartRow: Kind("part", "part", "part_ids"),
    VectorStoreRow: Kind("vector store", "vs", "vector_store_id"),
    FileBatchRow: Kind("file batch", "vsfb", "batch_id"),
    BatchRow: Kind("batch", "batch", "batch_id"),
    ResponseRow: Kind("response", "resp", "response_id", NOT_FOUND),
    ConversationStateRow: Kind("conversation", "conv", "conversation_id", NOT_FOUND),
    ItemRow: Kind("item", "", "item_id", NOT_FOUND),
    TuningJobRow: Kind(
        "fine-tuning job", "ftjob", "fine_tuning_job_id", "Could not find fine tune: {wanted}"
    ),
    ContainerRow: Kind("container", "cntr", "container_id", NOT_FOUND),
}


def find(
    session: Session,
    row_type: type[R],
    owner: str,
    wanted: str,
    *where: ColumnElement[bool],
    held: bool = False,
) -> R:
    """The row with this id. ApiError 400 for an id of another kind, 404 when there is none or it is another's.

    `held` keeps others from changing the row until this transaction ends: a `body` is written as a whole.
    """
    row = find_or_none(session, row_type, owner, wanted, *where, held=held)
    if row is None:
        raise _missing(row_type, wanted)
    return row


def find_or_none(
    session: Session,
    row_type: type[R],
    owner: str,
    wanted: str,
    *where: ColumnElement[bool],
    held: bool = False,
) -> R | None:
    """The row with this id, or None."""
    if not is_id(wanted):
        return None
    query = select(row_type).where(row_type.owner == owner, row_type.id == wanted, *where)
    row = session.scalar(holding(query) if held else query)
    if row is None and (stand_in := session.info.get(STAND_IN)) is not None:
        made: R | None = stand_in(session, row_type, owner, wanted, where)
        return made
    return row


def holding(query: Q) -> Q:
    """The query, keeping others from changing what it finds until this transaction ends; rows known before are read anew."""
    return query.with_for_update(key_share=True).execution_options(populate_existing=True)


def bodies_changed(row: Any, **changes: Any) -> None:
    """Put changes into a row's `body`: the database notices a new object, not a changed one."""
    row.body = {**row.body, **changes}


def _missing(row_type: type[ApiRow], wanted: str) -> ApiError:
    kind = KINDS[row_type]
    if row_type is FileRow:
        return ApiError(404, f"No such File object: {wanted}", param="id")
    if not wanted.startswith(kind.prefix):
        message = f"Invalid '{kind.param}': '{wanted}'. Expected an ID that begins with '{kind.prefix}'."
        return ApiError(400, message, code="invalid_value", param=kind.param)
    return ApiError(404, kind.missing.format(noun=kind.noun, wanted=wanted))
