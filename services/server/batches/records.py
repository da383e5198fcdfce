"""Batches in the database: made, moved from state to state, and what has been answered of them."""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, and_, delete, not_, or_, select, update
from sqlalchemy.orm import Session

from services.batches.lines import Checked
from services.server.errors import ApiError
from services.server.rules.batches import PURPOSE
from services.server.runs.states import FUTURE_S, STALE_AFTER_S
from services.server.store import files, outbox
from services.server.store.clock import now
from services.server.store.ids import new_id
from services.server.store.lookup import find, holding, is_relaxed
from services.server.store.pages import Paging, listed
from services.storage.batch_tables import BatchResultRow, BatchRow
from services.storage.turn_rows import lock_blobs

Wire = dict[str, Any]

LASTS_S = 24 * 60 * 60
VALIDATING, IN_PROGRESS, FINALIZING, COMPLETED = "validating", "in_progress", "finalizing", "completed"
FAILED, EXPIRED, CANCELLING, CANCELLED = "failed", "expired", "cancelling", "cancelled"
ACTIVE = (VALIDATING, IN_PROGRESS, FINALIZING, CANCELLING)
TIMES = (IN_PROGRESS, FINALIZING, COMPLETED, FAILED, EXPIRED, CANCELLING, CANCELLED)
NO_USAGE: Wire = {
    "input_tokens": 0,
    "input_tokens_details": {"cached_tokens": 0},
    "output_tokens": 0,
    "output_tokens_details": {"reasoning_tokens": 0},
    "total_tokens": 0,
}
AT_ONCE = 500


def create(session: Session, owner: str, body: Wire, *, brought_key: bool) -> Wire:
    """A new batch from a checked request. ApiError for an input file that is not there, or for something else."""
    lock_blobs(session)
    file = files.find_live(session, owner, body["input_file_id"], kept=True)
    if file.purpose != PURPOSE and not is_relaxed(session):
        raise ApiError(
            400,
            f"Invalid 'input_file_id': '{file.id}' has the purpose '{file.purpose}'. Expected a file with the "
            f"purpose '{PURPOSE}'.",
            code="invalid_value",
            param="input_file_id",
        )
    row = add(session, owner, body, brought_key=brought_key)
    row.blob_key = file.blob_key
    session.flush()
    return wire(row)


def add(session: Session, owner: str, body: Wire, *, brought_key: bool = False) -> BatchRow:
    """The row of a new batch."""
    at = now()
    row = BatchRow(
        id=new_id("batch_"),
        owner=owner,
        created_at=at,
        status=VALIDATING,
        blob_key=None,
        total=0,
        completed=0,
        failed=0,
        expires_at=at + LASTS_S,
        body={
            "endpoint": body["endpoint"],
            "input_file_id": body["input_file_id"],
            "completion_window": body["completion_window"],
            "metadata": body.get("metadata"),
            "output_lives_s": (body.get("output_expires_after") or {}).get("seconds"),
            "brought_key": brought_key,
        },
    )
    session.add(row)
    session.flush()
    return row


def retrieve(session: Session, owner: str, batch_id: str) -> Wire:
    """One batch."""
    return wire(find(session, BatchRow, owner, batch_id))


def page(session: Session, owner: str, paging: Paging) -> Wire:
    """One page of the owner's batches, newest first."""
    return listed(session, BatchRow, [BatchRow.owner == owner], paging, lambda rows: [wire(r) for r in rows])


def cancel(session: Session, owner: str, batch_id: str) -> Wire:
    """Ask a batch to stop. ApiError 400 for one that has ended, or is about to."""
    row = find(session, BatchRow, owner, batch_id, held=True)
    if row.status in (VALIDATING, IN_PROGRESS):
        move(row, CANCELLING)
    elif row.status != CANCELLING and not is_relaxed(session):
        raise ApiError(400, f"Cannot cancel a batch with status '{row.status}'.", code="invalid_value")
    session.flush()
    return wire(row)


def move(row: BatchRow, status: str, **changes: Any) -> None:
    """Bring a batch into another state, with the time of it."""
    row.status = status
    row.body = {**row.body, f"{status}_at": now(), **changes}


def wire(row: BatchRow) -> Wire:
    """The batch as it goes over the wire."""
    body = row.body
    errors = body.get("errors")
    return {
        "id": row.id,
        "object": "batch",
        "endpoint": body["endpoint"],
        "model": body.get("model"),
        "errors": {"object": "list", "data": errors} if errors else None,
        "input_file_id": body["input_file_id"],
        "completion_window": body["completion_window"],
        "status": row.status,
        "output_file_id": body.get("output_file_id"),
        "error_file_id": body.get("error_file_id"),
        "created_at": row.created_at,
        "expires_at": row.expires_at,
        **{f"{status}_at": body.get(f"{status}_at") for status in TIMES},
        "request_counts": {"total": row.total, "completed": row.completed, "failed": row.failed},
        "usage": body.get("usage") or NO_USAGE,
        "metadata": body.get("metadata"),
    }


@dataclass(frozen=True, slots=True)
class Claimed:
    """A batch that a worker has taken on, as it stood then."""

    id: str
    owner: str
    status: str
    endpoint: str
    blob_key: str
    expires_at: int
    brought_key: bool


def claim(session: Session, worker: str, most: int) -> list[Claimed]:
    """Take up to so many batches that nobody works on, oldest first."""
    query = select(BatchRow).where(BatchRow.status.in_(ACTIVE), _is_left()).order_by(BatchRow.number)
    rows = list(session.scalars(query.limit(most).with_for_update(skip_locked=True)))
    for row in rows:
        row.worker, row.heartbeat_at = worker, now()
    return [
        Claimed(
            row.id,
            row.owner,
            row.status,
            row.body["endpoint"],
            row.blob_key or "",
            row.expires_at,
            row.body["brought_key"],
        )
        for row in rows
    ]


def _is_left() -> ColumnElement[bool]:
    """No worker, or one that gave no sign of life for long; a clock set back leaves signs in the future."""
    at = now()
    alive = BatchRow.heartbeat_at.between(at - STALE_AFTER_S, at + FUTURE_S)
    return or_(BatchRow.worker.is_(None), BatchRow.heartbeat_at.is_(None), not_(alive))


def keep_alive(session: Session, worker: str) -> dict[str, str]:
    """Give a sign of life for what this worker has; id and state of each."""
    mine = and_(BatchRow.worker == worker, BatchRow.status.in_(ACTIVE))
    session.execute(update(BatchRow).where(mine).values(heartbeat_at=now()))
    return {row.id: row.status for row in session.execute(select(BatchRow.id, BatchRow.status).where(mine))}


def let_go(session: Session, worker: str, batch_id: str | None = None) -> None:
    """Leave a batch of this worker, or all it has, to whoever comes next."""
    left = update(BatchRow).where(BatchRow.worker == worker)
    if batch_id is not None:
        left = left.where(BatchRow.id == batch_id)
    session.execute(left.values(worker=None, heartbeat_at=None))


def settle_validation(session: Session, batch_id: str, checked: Checked) -> str:
    """What has come of looking at the input; the state of the batch now."""
    row = held(session, batch_id)
    if row.status != VALIDATING:
        return row.status
    if checked.errors:
        move(row, FAILED, errors=checked.errors, model=checked.model)
        _end(session, row)
    else:
        row.total = checked.total
        move(row, IN_PROGRESS, model=checked.model)
    return row.status


def answered(session: Session, batch_id: str) -> set[int]:
    """The lines that have their answer already."""
    return set(session.scalars(select(BatchResultRow.line).where(BatchResultRow.batch_id == batch_id)))


def keep_answer(
    session: Session, batch_id: str, number: int, answer: Wire, usage: Wire | None, *, is_good: bool
) -> None:
    """Write down the answer to one line and count it; one that is there already stays."""
    row = held(session, batch_id)
    if session.get(BatchResultRow, (batch_id, number)) is not None:
        return
    packed = zlib.compress(json.dumps(answer, ensure_ascii=False).encode("utf-8", "surrogatepass"))
    session.add(
        BatchResultRow(batch_id=batch_id, line=number, owner=row.owner, is_good=is_good, answer=packed)
    )
    if is_good:
        row.completed += 1
    else:
        row.failed += 1
    if usage:
        row.body = {**row.body, "usage": _sum(row.body.get("usage") or NO_USAGE, usage)}


def _sum(first: Wire, second: Wire) -> Wire:
    return {
        name: _sum(value, second.get(name) or {}) if isinstance(value, dict) else value + second.get(name, 0)
        for name, value in first.items()
    }


def answers(session: Session, batch_id: str, after: int, *, are_good: bool) -> list[tuple[int, bytes]]:
    """Lines of a result file with their numbers, in the order of the input, as they were packed."""
    query = select(BatchResultRow.line, BatchResultRow.answer).where(
        BatchResultRow.batch_id == batch_id, BatchResultRow.is_good == are_good, BatchResultRow.line > after
    )
    rows = session.execute(query.order_by(BatchResultRow.line).limit(AT_ONCE))
    return [(number, answer) for number, answer in rows]


def unpacked(rows: Sequence[tuple[int, bytes]]) -> Iterator[bytes]:
    """The lines themselves."""
    return (zlib.decompress(answer) + b"\n" for _, answer in rows)


def expire(session: Session, batch_id: str, lines: Sequence[tuple[int, str]], answer: Wire) -> None:
    """Give these lines, which nobody came to, one and the same answer; they count as failed."""
    for number, custom_id in lines:
        told = {"id": new_id("batch_req_"), "custom_id": custom_id, **answer}
        keep_answer(session, batch_id, number, told, None, is_good=False)


def begin_finalizing(session: Session, batch_id: str) -> None:
    """All has been answered: the files are written next."""
    row = held(session, batch_id)
    if row.status == IN_PROGRESS:
        move(row, FINALIZING)


def add_file(session: Session, batch_id: str, name: str, file: files.NewFile) -> Wire:
    """A result file as `output_file_id` or `error_file_id` of its batch."""
    row = held(session, batch_id)
    made = files.create(session, row.owner, file)
    row.body = {**row.body, name: made["id"]}
    return made


def place(session: Session, batch_id: str) -> tuple[str, Wire]:
    """The state of a batch and what is known of it besides."""
    row = session.scalars(select(BatchRow).where(BatchRow.id == batch_id)).one()
    return row.status, row.body


def end(session: Session, batch_id: str, status: str) -> None:
    """The batch has ended; what was kept for it alone goes."""
    row = held(session, batch_id)
    move(row, status)
    _end(session, row)


def _end(session: Session, row: BatchRow) -> None:
    lock_blobs(session)
    session.execute(delete(BatchResultRow).where(BatchResultRow.batch_id == row.id))
    if row.blob_key is not None:
        outbox.forget_blob(session, row.owner, row.blob_key)
    row.blob_key = row.worker = row.heartbeat_at = None


def held(session: Session, batch_id: str) -> BatchRow:
    """The row, kept from others until this transaction ends."""
    return session.scalars(holding(select(BatchRow).where(BatchRow.id == batch_id))).one()
