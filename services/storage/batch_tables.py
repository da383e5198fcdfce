"""The tables behind /v1/batches, in the manner of `api_tables`."""

from __future__ import annotations

from typing import Any

from sqlalchemy import BigInteger, Index, Integer, LargeBinary, String, text
from sqlalchemy.orm import Mapped, mapped_column

from services.storage.api_tables import ApiRow, Body, child_of
from services.storage.tables import Base, Id, Owner

ACTIVE_BATCHES = text("status IN ('validating', 'in_progress', 'finalizing', 'cancelling')")


class BatchRow(ApiRow):
    """A batch of requests. `worker` is the process that works on it and `heartbeat_at` its last sign of life.

    `blob_key` are the bytes of its input file, which stay until it has ended even when the file is deleted.
    """

    __tablename__ = "batches"
    __table_args__ = (
        Index("batches_in_order", "owner", "number"),
        Index("active_batches", "status", sqlite_where=ACTIVE_BATCHES, postgresql_where=ACTIVE_BATCHES),
    )

    status: Mapped[str] = mapped_column(String(32))
    blob_key: Mapped[str | None] = mapped_column(Id, index=True)
    total: Mapped[int] = mapped_column(Integer)
    completed: Mapped[int] = mapped_column(Integer)
    failed: Mapped[int] = mapped_column(Integer)
    expires_at: Mapped[int] = mapped_column(BigInteger)
    worker: Mapped[str | None] = mapped_column(Id)
    heartbeat_at: Mapped[int | None] = mapped_column(BigInteger)
    body: Mapped[dict[str, Any]] = mapped_column(Body)


class BatchResultRow(Base):
    """The answer to one request of a batch, by its line in the input file: a line of a result file, compressed.

    One line has one answer: the key itself refuses a second. They go when the result files are written.
    """

    __tablename__ = "batch_results"

    batch_id: Mapped[str] = mapped_column(Id, child_of("batches.id"), primary_key=True)
    line: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    owner: Mapped[str] = mapped_column(Owner)
    is_good: Mapped[bool]
    answer: Mapped[bytes] = mapped_column(LargeBinary)
