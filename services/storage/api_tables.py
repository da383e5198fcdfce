"""The tables behind /v1: what OpenAI's server would hold. Times are Unix seconds, as they go over the wire.

`number` counts rows up and gives lists their order, so that pages hold still when rows share a second. What no query
asks for lies in `body`, in the words of the wire. Every row has an owner, and every query filters on it.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import JSON, BigInteger, ForeignKey, Index, Integer, LargeBinary, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from services.storage.tables import Base, Id, Owner, RowNumber

Body = JSON(none_as_null=True)
ACTIVE_RUNS = text("status IN ('queued', 'in_progress', 'requires_action', 'cancelling')")


def child_of(column: str) -> ForeignKey:
    """A reference to a row this one is deleted with."""
    return ForeignKey(column, ondelete="CASCADE")


class ApiRow(Base):
    """What every object of /v1 has."""

    __abstract__ = True

    number: Mapped[int] = mapped_column(RowNumber, primary_key=True, autoincrement=True)
    id: Mapped[str] = mapped_column(Id, unique=True)
    owner: Mapped[str] = mapped_column(Owner)
    created_at: Mapped[int] = mapped_column(BigInteger)


class AssistantRow(ApiRow):
    """An assistant: its whole configuration is `body`."""

    __tablename__ = "assistants"
    __table_args__ = (Index("assistants_in_order", "owner", "number"),)

    body: Mapped[dict[str, Any]] = mapped_column(Body)


class ThreadRow(ApiRow):
    """A thread: metadata and tool_resources."""

    __tablename__ = "threads"
    __table_args__ = (Index("threads_in_order", "owner", "number"),)

    body: Mapped[dict[str, Any]] = mapped_column(Body)


class MessageRow(ApiRow):
    """A message of a thread, by a person or by a run."""

    __tablename__ = "messages"
    __table_args__ = (Index("messages_in_order", "thread_id", "number"),)

    thread_id: Mapped[str] = mapped_column(Id, child_of("threads.id"))
    run_id: Mapped[str | None] = mapped_column(Id, index=True)
    role: Mapped[str] = mapped_column(String(32))
    status: Mapped[str] = mapped_column(String(32))
    body: Mapped[dict[str, Any]] = mapped_column(Body)


class RunRow(ApiRow):
    """A run. `worker` is the process that executes it and `heartbeat_at` its last sign of life.

    One thread has one active run at most: the database itself refuses a second.
    """

    __tablename__ = "runs"
    __table_args__ = (
        Index("runs_in_order", "thread_id", "number"),
        Index("active_runs", "status", sqlite_where=ACTIVE_RUNS, postgresql_where=ACTIVE_RUNS),
        Index(
            "one_active_run",
            "thread_id",
            unique=True,
            sqlite_where=ACTIVE_RUNS,
            postgresql_where=ACTIVE_RUNS,
        ),
    )

    thread_id: Mapped[str] = mapped_column(Id, child_of("threads.id"))
    assistant_id: Mapped[str] = mapped_column(Id)
    status: Mapped[str] = mapped_column(String(32))
    expires_at: Mapped[int] = mapped_column(BigInteger)
    worker: Mapped[str | None] = mapped_column(Id)
    heartbeat_at: Mapped[int | None] = mapped_column(BigInteger)
    body: Mapped[dict[str, Any]] = mapped_column(Body)


class StepRow(ApiRow):
    """A step of a run: a message created, or tools called."""

    __tablename__ = "run_steps"
    __table_args__ = (Index("run_steps_in_order", "run_id", "number"),)

    run_id: Mapped[str] = mapped_column(Id, child_of("runs.id"))
    thread_id: Mapped[str] = mapped_column(Id)
    assistant_id: Mapped[str] = mapped_column(Id)
    kind: Mapped[str] = mapped_column(String(32))
    status: Mapped[str] = mapped_column(String(32))
    body: Mapped[dict[str, Any]] = mapped_column(Body)


class PromptRow(ApiRow):
    """What the model of a run was sent in one round: which messages went along, by their numbers, not their texts."""

    __tablename__ = "run_prompts"
    __table_args__ = (Index("run_prompts_in_order", "run_id", "number"),)

    run_id: Mapped[str] = mapped_column(Id, child_of("runs.id"))
    body: Mapped[dict[str, Any]] = mapped_column(Body)


class FileRow(ApiRow):
    """An uploaded or generated file; its bytes are the blob `blob_key`, which other files may share."""

    __tablename__ = "files"
    __table_args__ = (
        Index("files_in_order", "owner", "number"),
        Index("files_expiring", "expires_at"),
    )

    filename: Mapped[str] = mapped_column(Text)
    purpose: Mapped[str] = mapped_column(String(32))
    size_bytes: Mapped[int] = mapped_column(BigInteger)
    blob_key: Mapped[str] = mapped_column(Id, index=True)
    expires_at: Mapped[int | None] = mapped_column(BigInteger)


class UploadRow(ApiRow):
    """A file that arrives in parts."""

    __tablename__ = "uploads"

    filename: Mapped[str] = mapped_column(Text)
    purpose: Mapped[str] = mapped_column(String(32))
    size_bytes: Mapped[int] = mapped_column(BigInteger)
    status: Mapped[str] = mapped_column(String(32))
    expires_at: Mapped[int] = mapped_column(BigInteger, index=True)
    file_id: Mapped[str | None] = mapped_column(Id)
    body: Mapped[dict[str, Any]] = mapped_column(Body)


class UploadPartRow(ApiRow):
    """One part of an upload."""

    __tablename__ = "upload_parts"

    upload_id: Mapped[str] = mapped_column(Id, child_of("uploads.id"), index=True)
    size_bytes: Mapped[int] = mapped_column(BigInteger)
    blob_key: Mapped[str] = mapped_column(Id, index=True)


class VectorStoreRow(ApiRow):
    """A vector store; its status and counts follow from its files."""

    __tablename__ = "vector_stores"
    __table_args__ = (
        Index("vector_stores_in_order", "owner", "number"),
        Index("vector_stores_expiring", "expires_at"),
    )

    last_active_at: Mapped[int] = mapped_column(BigInteger)
    expires_at: Mapped[int | None] = mapped_column(BigInteger)
    body: Mapped[dict[str, Any]] = mapped_column(Body)


class StoreFileRow(ApiRow):
    """A file in a vector store. Its wire id is `file_id`; `id` only tells the rows apart.

    `stage` says what is to be done next: read, recognise, embed, or nothing; `worker` and `heartbeat_at` who does it.
    """

    __tablename__ = "vector_store_files"
    __table_args__ = (
        Index("vector_store_files_in_order", "vector_store_id", "number"),
        Index("one_entry_of_a_file", "vector_store_id", "file_id", unique=True),
        Index("vector_store_files_to_do", "stage", "number"),
    )

    vector_store_id: Mapped[str] = mapped_column(Id, child_of("vector_stores.id"))
    file_id: Mapped[str] = mapped_column(Id, child_of("files.id"), index=True)
    document: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("documents.number"), index=True)
    status: Mapped[str] = mapped_column(String(32))
    stage: Mapped[str] = mapped_column(String(32))
    usage_bytes: Mapped[int] = mapped_column(BigInteger)
    worker: Mapped[str | None] = mapped_column(Id)
    heartbeat_at: Mapped[int | None] = mapped_column(BigInteger)
    body: Mapped[dict[str, Any]] = mapped_column(Body)


class FileBatchRow(ApiRow):
    """Files that were added to a vector store together."""

    __tablename__ = "file_batches"

    vector_store_id: Mapped[str] = mapped_column(Id, child_of("vector_stores.id"), index=True)
    is_cancelled: Mapped[bool]


class BatchFileRow(Base):
    """Which file of a store belongs to which batch."""

    __tablename__ = "file_batch_files"

    batch_id: Mapped[str] = mapped_column(Id, child_of("file_batches.id"), primary_key=True)
    store_file: Mapped[int] = mapped_column(
        BigInteger, child_of("vector_store_files.number"), primary_key=True, index=True
    )
    owner: Mapped[str] = mapped_column(Owner)


class DocumentRow(Base):
    """The text of a file, once for all files of an owner with the same bytes. Its sections are compressed JSON."""

    __tablename__ = "documents"
    __table_args__ = (Index("documents_by_content", "owner", "blob_key", unique=True),)

    number: Mapped[int] = mapped_column(RowNumber, primary_key=True, autoincrement=True)
    owner: Mapped[str] = mapped_column(Owner)
    blob_key: Mapped[str] = mapped_column(Id)
    kind: Mapped[str] = mapped_column(String(32))
    characters: Mapped[int] = mapped_column(BigInteger)
    sections: Mapped[bytes] = mapped_column(LargeBinary)


class BlockRow(Base):
    """A stretch of a document's text, compressed: all have the same number of characters but the last."""

    __tablename__ = "blocks"

    document: Mapped[int] = mapped_column(BigInteger, child_of("documents.number"), primary_key=True)
    ordinal: Mapped[int] = mapped_column(Integer, primary_key=True)
    owner: Mapped[str] = mapped_column(Owner)
    text: Mapped[bytes] = mapped_column(LargeBinary)


class SegmentRow(Base):
    """The chunks one file of a store is cut into, in order, as runs of little-endian uint32.

    `bounds` are the first and last character of each, `lengths` its words.
    """

    __tablename__ = "segments"
    __table_args__ = (Index("segments_of_store", "store"),)

    store_file: Mapped[int] = mapped_column(
        BigInteger, child_of("vector_store_files.number"), primary_key=True, autoincrement=False
    )
    store: Mapped[int] = mapped_column(BigInteger, child_of("vector_stores.number"))
    owner: Mapped[str] = mapped_column(Owner)
    bounds: Mapped[bytes] = mapped_column(LargeBinary)
    lengths: Mapped[bytes] = mapped_column(LargeBinary)


class PostingsRow(Base):
    """Where one word stands in one file of a store: pairs of chunk ordinal and count, as little-endian uint32."""

    __tablename__ = "postings"
    __table_args__ = ({"sqlite_with_rowid": False},)

    store: Mapped[int] = mapped_column(
        BigInteger, child_of("vector_stores.number"), primary_key=True, autoincrement=False
    )
    word: Mapped[str] = mapped_column(String(64), primary_key=True)
    store_file: Mapped[int] = mapped_column(
        BigInteger, child_of("vector_store_files.number"), primary_key=True, index=True
    )
    owner: Mapped[str] = mapped_column(Owner)
    pairs: Mapped[bytes] = mapped_column(LargeBinary)


class WindowRow(Base):
    """A stretch of a document that fits the embedding model, and its vector: little-endian float16."""

    __tablename__ = "windows"
    __table_args__ = (Index("windows_by_place", "document", "start"),)

    document: Mapped[int] = mapped_column(BigInteger, child_of("documents.number"), primary_key=True)
    ordinal: Mapped[int] = mapped_column(Integer, primary_key=True)
    owner: Mapped[str] = mapped_column(Owner)
    start: Mapped[int] = mapped_column(Integer)
    end: Mapped[int] = mapped_column(Integer)
    model: Mapped[str] = mapped_column(String(64))
    vector: Mapped[bytes | None] = mapped_column(LargeBinary)


class ErasureRow(Base):
    """Something outside this database that nothing in it needs any more, written down before it is removed.

    `kind` is `blob` (key: its name), `collection` (key: id of a vector store) or `vectors` (key: store id and
    document number).
    """

    __tablename__ = "erasures"

    number: Mapped[int] = mapped_column(RowNumber, primary_key=True, autoincrement=True)
    owner: Mapped[str] = mapped_column(Owner)
    kind: Mapped[str] = mapped_column(String(32))
    key: Mapped[str] = mapped_column(String(200))
