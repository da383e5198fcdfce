"""Fine-tuning jobs, their events, and the models they come to."""

from __future__ import annotations

import re
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import and_, or_, select
from sqlalchemy.orm import Session

from services.server.errors import ApiError
from services.server.store import files
from services.server.store.clock import now
from services.server.store.ids import BASE62, new_id
from services.server.store.lookup import bodies_changed, find, holding, is_relaxed
from services.server.store.pages import Paging, listed
from services.storage.fine_tuning_tables import TuningCheckpointRow, TuningEventRow, TuningJobRow

STALE_AFTER_S = 30
"""So long after its last sign of life a training counts as left behind."""
ENDED = ("succeeded", "failed", "cancelled")
PRIVATE = "private"
PURPOSE = "fine-tune"
EMPTY: dict[str, Any] = {
    "finished_at": None,
    "fine_tuned_model": None,
    "result_files": [],
    "trained_tokens": None,
    "error": None,
    "estimated_finish": None,
}

Wire = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Job:
    """A job as those who work on it need it."""

    id: str
    owner: str
    body: Wire


def create(session: Session, owner: str, body: Wire) -> Wire:
    """A new job, its files not yet checked; `body` is as it goes over the wire, as far as it is known."""
    row = TuningJobRow(
        id=new_id("ftjob-"), owner=owner, created_at=now(), status="validating_files", body={**EMPTY, **body}
    )
    session.add(row)
    session.flush()
    add_event(session, owner, row.id, f"Created fine-tuning job: {row.id}")
    return wire(row)


def retrieve(session: Session, owner: str, job_id: str) -> Wire:
    """One job."""
    return wire(find(session, TuningJobRow, owner, job_id))


def has(session: Session, owner: str, job_id: str) -> bool:
    """Whether the owner has this job here."""
    query = select(TuningJobRow.number).where(TuningJobRow.owner == owner, TuningJobRow.id == job_id)
    return session.scalar(query) is not None


def status(session: Session, owner: str, job_id: str) -> str | None:
    """The state of a job; None when it is gone."""
    return session.scalar(
        select(TuningJobRow.status).where(TuningJobRow.owner == owner, TuningJobRow.id == job_id)
    )


def page(session: Session, owner: str, paging: Paging, metadata: Mapping[str, str]) -> Wire:
    """One page of the owner's jobs."""
    where = [TuningJobRow.owner == owner]
    where += [TuningJobRow.body["metadata"][key].as_string() == value for key, value in metadata.items()]
    return listed(session, TuningJobRow, where, paging, lambda rows: [wire(row) for row in rows])


def events(session: Session, owner: str, job_id: str, paging: Paging) -> Wire:
    """One page of what happened in a job."""
    find(session, TuningJobRow, owner, job_id)
    where = [TuningEventRow.owner == owner, TuningEventRow.job_id == job_id]
    return listed(session, TuningEventRow, where, paging, lambda rows: [_event(row) for row in rows])


def checkpoints(session: Session, owner: str, job_id: str, paging: Paging) -> Wire:
    """One page of the checkpoints of a job that were not deleted."""
    find(session, TuningJobRow, owner, job_id)
    where = [
        TuningCheckpointRow.owner == owner,
        TuningCheckpointRow.job_id == job_id,
        TuningCheckpointRow.name.is_not(None),
    ]
    return listed(session, TuningCheckpointRow, where, paging, lambda rows: [_checkpoint(r) for r in rows])


def cancel(session: Session, owner: str, job_id: str) -> Wire:
    """End a job for good."""
    return _moved(session, owner, job_id, "cancelled", ("validating_files", "queued", "running", "paused"))


def pause(session: Session, owner: str, job_id: str) -> Wire:
    """Let a job wait; what it has learned is kept."""
    moved = _moved(session, owner, job_id, "paused", ("validating_files", "queued", "running"))
    # The reference has `paused`, the SDK's types, which conformance is measured by, do not.
    return moved | {"status": "queued"} if is_relaxed(session) else moved


def resume(session: Session, owner: str, job_id: str) -> Wire:
    """Have a paused job wait for its turn again. Its files are checked again: they may not have been."""
    return _moved(session, owner, job_id, "validating_files", ("paused",))


def check_files(session: Session, owner: str, body: Wire) -> None:
    """ApiError for files that are not there, or are for something else."""
    for param in ("training_file", "validation_file"):
        if (wanted := body.get(param)) is None:
            continue
        file = files.find_live(session, owner, wanted)
        if file.purpose != PURPOSE and not is_relaxed(session):
            raise ApiError(
                400,
                f"Invalid '{param}': '{file.id}' has the purpose '{file.purpose}'. Expected a file with the purpose '{PURPOSE}'.",
                code="invalid_value",
                param=param,
            )


def create_checked(session: Session, owner: str, body: Wire) -> Wire:
    """A new job over files that are there."""
    check_files(session, owner, body)
    return create(session, owner, body)


def _moved(session: Session, owner: str, job_id: str, status: str, allowed: Sequence[str]) -> Wire:
    row = find(session, TuningJobRow, owner, job_id, held=True)
    if row.status not in allowed and not is_relaxed(session):
        message = f"This job is {row.status.replace('_', ' ')}, so that it cannot be changed to {status.replace('_', ' ')}."
        if row.status in ENDED:
            message = f"Job has already completed: {job_id}"
        raise ApiError(400, message, code="invalid_state")
    row.status, row.heartbeat_at = status, None
    if status == "cancelled":
        bodies_changed(row, finished_at=now(), estimated_finish=None)
    words = {"cancelled": "cancelled", "paused": "paused", "validating_files": "resumed"}
    add_event(session, owner, job_id, f"The job was {words[status]}")
    return wire(row)


def add_event(
    session: Session, owner: str, job_id: str, message: str, *, level: str = "info", data: Wire | None = None
) -> None:
    """Write down something that happened; with `data` it is a measurement."""
    kind = "metrics" if data is not None else "message"
    body = {"level": level, "message": message, "type": kind, "data": data or {}}
    session.add(
        TuningEventRow(id=new_id("ftevent-"), owner=owner, created_at=now(), job_id=job_id, body=body)
    )
    session.flush()


def metrics(session: Session, owner: str, job_id: str) -> list[Wire]:
    """What was measured at each step, in order; of a step done again after a restart the last."""
    query = select(TuningEventRow.body).where(TuningEventRow.owner == owner, TuningEventRow.job_id == job_id)
    measured = [b["data"] for b in session.scalars(query.order_by(TuningEventRow.number)) if b["data"]]
    by_step: dict[int, Wire] = {}
    for data in measured:
        by_step[data["step"]] = by_step.get(data["step"], {}) | data
    return [by_step[step] for step in sorted(by_step)]


def to_validate(session: Session) -> list[Job]:
    """Jobs whose files are still to be checked."""
    query = select(TuningJobRow).where(TuningJobRow.status == "validating_files")
    return [_job(row) for row in session.scalars(query.order_by(TuningJobRow.number).limit(20))]


def validated(session: Session, job: Job) -> None:
    """The files are fine: the job waits for its turn."""
    row = _held(session, job, "validating_files")
    if row is not None:
        row.status = "queued"
        add_event(session, job.owner, job.id, "Files validated, moving job to queued state")


def claim(session: Session, worker: str) -> Job | None:
    """The next job for this worker, if nobody trains: what was left behind first, then what waits longest."""
    alive = TuningJobRow.heartbeat_at.between(now() - STALE_AFTER_S, now() + STALE_AFTER_S)
    if session.scalar(select(TuningJobRow.number).where(TuningJobRow.status == "running", alive).limit(1)):
        return None
    left = and_(TuningJobRow.status == "running", or_(TuningJobRow.heartbeat_at.is_(None), ~alive))
    query = select(TuningJobRow).where(or_(left, TuningJobRow.status == "queued"))
    row = session.scalar(holding(query.order_by(TuningJobRow.status.desc(), TuningJobRow.number).limit(1)))
    if row is None:
        return None
    message = "Fine-tuning job started" if row.status == "queued" else "The job goes on after a stop"
    row.status, row.worker, row.heartbeat_at = "running", worker, now()
    add_event(session, row.owner, row.id, message)
    return _job(row)


def beat(session: Session, job: Job, worker: str) -> bool:
    """A sign of life; whether the job is still to go on here."""
    row = _held(session, job, "running")
    if row is None or row.worker != worker:
        return False
    row.heartbeat_at = now()
    return True


def let_go(session: Session, job: Job, worker: str) -> None:
    """The server stops: whoever starts next may go on with the job at once."""
    row = _held(session, job, "running")
    if row is not None and row.worker == worker:
        # Without a worker no sign of life that is still on its way counts.
        row.worker = row.heartbeat_at = None


def note(session: Session, job: Job, changes: Wire) -> None:
    """Put something into a job that is at work."""
    row = _held(session, job, "running")
    if row is not None:
        bodies_changed(row, **changes)


def fail(session: Session, job: Job, code: str, message: str, param: str | None) -> None:
    """End a job with what went wrong."""
    row = _held(session, job, "validating_files", "running")
    if row is not None:
        row.status = "failed"
        error = {"code": code, "message": message, "param": param}
        bodies_changed(row, error=error, finished_at=now(), estimated_finish=None)
        add_event(session, job.owner, job.id, message, level="error")


@dataclass(frozen=True, slots=True)
class Reached:
    """What an epoch has come to; its adapter's bytes are stored already."""

    step: int
    metrics: Wire
    blob_key: str


def reach(session: Session, job: Job, reached: Reached) -> None:
    """A checkpoint after an epoch; one of the same step, from before a restart, gives way."""
    found = select(TuningCheckpointRow).where(
        TuningCheckpointRow.job_id == job.id, TuningCheckpointRow.step_number == reached.step
    )
    for row in session.scalars(found):
        session.delete(row)
    name = f"{model_name(job)}:ckpt-step-{reached.step}"
    row = TuningCheckpointRow(
        id=new_id("ftckpt_"),
        owner=job.owner,
        created_at=now(),
        job_id=job.id,
        step_number=reached.step,
        name=name,
        base=job.body["model"],
        blob_key=reached.blob_key,
        body={"metrics": reached.metrics},
    )
    session.add(row)
    session.flush()
    add_event(session, job.owner, job.id, f"Checkpoint created at step {reached.step}")


def succeed(session: Session, job: Job, result_file: str) -> None:
    """The last checkpoint becomes the job's model."""
    row = _held(session, job, "running")
    if row is None:
        return
    query = select(TuningCheckpointRow).where(TuningCheckpointRow.job_id == job.id)
    last = session.scalars(query.order_by(TuningCheckpointRow.step_number.desc()).limit(1)).one()
    last.name, row.status = model_name(job), "succeeded"
    changes = {"fine_tuned_model": last.name, "finished_at": now(), "estimated_finish": None}
    bodies_changed(row, **changes, result_files=[result_file])
    add_event(session, job.owner, job.id, f"New fine-tuned model created: {last.name}")
    add_event(session, job.owner, job.id, "The job has successfully completed")


def model_name(job: Job) -> str:
    """`ft:` and the base, whose it is, the suffix, and something of its own."""
    private = job.body[PRIVATE]
    return f"ft:{job.body['model']}:tandem:{private['suffix']}:{private['mark']}"


def private_parts(suffix: str | None) -> Wire:
    """What a job keeps to itself: the suffix as a name has it, and eight characters of chance."""
    cleaned = re.sub(r"[^a-z0-9-]+", "-", (suffix or "").lower()).strip("-")
    return {"suffix": cleaned, "mark": "".join(secrets.choice(BASE62) for _ in range(8))}


def wire(row: TuningJobRow) -> Wire:
    """The job as it goes over the wire."""
    shown = {key: value for key, value in row.body.items() if key != PRIVATE}
    return {
        "object": "fine_tuning.job",
        "id": row.id,
        "created_at": row.created_at,
        "status": row.status,
        "organization_id": "tandem",
        **shown,
    }


def _event(row: TuningEventRow) -> Wire:
    return {"object": "fine_tuning.job.event", "id": row.id, "created_at": row.created_at, **row.body}


def _checkpoint(row: TuningCheckpointRow) -> Wire:
    return {
        "object": "fine_tuning.job.checkpoint",
        "id": row.id,
        "created_at": row.created_at,
        "fine_tuned_model_checkpoint": row.name,
        "fine_tuning_job_id": row.job_id,
        "step_number": row.step_number,
        **row.body,
    }


def _job(row: TuningJobRow) -> Job:
    return Job(row.id, row.owner, dict(row.body))


def _held(session: Session, job: Job, *statuses: str) -> TuningJobRow | None:
    """The row of a job that is still in one of these states."""
    query = select(TuningJobRow).where(TuningJobRow.owner == job.owner, TuningJobRow.id == job.id)
    row = session.scalar(holding(query))
    return row if row is not None and row.status in statuses else None
