"""The tables behind /v1/fine_tuning, in the manner of `api_tables`."""

from __future__ import annotations

from typing import Any

from sqlalchemy import BigInteger, Index, Integer, String
from sqlalchemy.orm import Mapped, mapped_column

from services.storage.api_tables import ApiRow, Body, child_of
from services.storage.tables import Id


class TuningJobRow(ApiRow):
    """A job. `worker` is the process that trains it and `heartbeat_at` its last sign of life."""

    __tablename__ = "fine_tuning_jobs"
    __table_args__ = (Index("fine_tuning_jobs_in_order", "owner", "number"),)

    status: Mapped[str] = mapped_column(String(32))
    worker: Mapped[str | None] = mapped_column(Id)
    heartbeat_at: Mapped[int | None] = mapped_column(BigInteger)
    body: Mapped[dict[str, Any]] = mapped_column(Body)


class TuningEventRow(ApiRow):
    """Something that happened in a job."""

    __tablename__ = "fine_tuning_events"
    __table_args__ = (Index("fine_tuning_events_in_order", "job_id", "number"),)

    job_id: Mapped[str] = mapped_column(Id, child_of("fine_tuning_jobs.id"))
    body: Mapped[dict[str, Any]] = mapped_column(Body)


class TuningCheckpointRow(ApiRow):
    """What an epoch of a job has come to: a model of its own under `name`, until it is deleted.

    The last one of a job that succeeded also answers to the job's own model name.
    """

    __tablename__ = "fine_tuning_checkpoints"
    __table_args__ = (
        Index("fine_tuning_checkpoints_in_order", "job_id", "number"),
        Index("fine_tuned_models_by_name", "owner", "name"),
    )

    job_id: Mapped[str] = mapped_column(Id, child_of("fine_tuning_jobs.id"))
    step_number: Mapped[int] = mapped_column(Integer)
    name: Mapped[str | None] = mapped_column(String(200))
    base: Mapped[str] = mapped_column(String(200))
    blob_key: Mapped[str | None] = mapped_column(Id, index=True)
    body: Mapped[dict[str, Any]] = mapped_column(Body)
