"""What the server at /v1 holds: assistants, threads, runs, files, vector stores, and what is searched."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

Column = sa.Column[Any]

ID = sa.String(64)
OWNER = sa.String(200)
KIND = sa.String(32)
NUMBER = sa.BigInteger().with_variant(sa.Integer, "sqlite")
ACTIVE = sa.text("status IN ('queued', 'in_progress', 'requires_action', 'cancelling')")
TABLES = (
    "erasures", "windows", "postings", "segments", "blocks", "file_batch_files", "file_batches", "vector_store_files",
    "documents", "vector_stores", "upload_parts", "uploads", "files", "run_prompts", "run_steps", "runs", "messages", "threads",
    "assistants",
)  # fmt: skip


def upgrade() -> None:
    _create_conversation_state()
    _create_files()
    _create_vector_stores()
    _create_search()


def downgrade() -> None:
    for table in TABLES:
        op.drop_table(table)


def _table(name: str, *columns: Column) -> None:
    """A table of wire objects."""
    op.create_table(
        name,
        sa.Column("number", NUMBER, primary_key=True, autoincrement=True),
        sa.Column("id", ID, nullable=False, unique=True),
        sa.Column("owner", OWNER, nullable=False),
        sa.Column("created_at", sa.BigInteger, nullable=False),
        *columns,
    )


def _text(name: str, kind: Any = ID, nullable: bool = False) -> Column:
    return sa.Column(name, kind, nullable=nullable)


def _integer(name: str, nullable: bool = False) -> Column:
    return sa.Column(name, sa.BigInteger, nullable=nullable)


def _body() -> Column:
    return sa.Column("body", sa.JSON, nullable=False)


def _child(name: str, parent: str, kind: Any = ID, **options: Any) -> Column:
    return sa.Column(name, kind, sa.ForeignKey(parent, ondelete="CASCADE"), nullable=False, **options)


def _create_conversation_state() -> None:
    _table("assistants", _body())
    op.create_index("assistants_in_order", "assistants", ["owner", "number"])
    _table("threads", _body())
    op.create_index("threads_in_order", "threads", ["owner", "number"])
    _table(
        "messages",
        _child("thread_id", "threads.id"),
        _text("run_id", nullable=True),
        _text("role", KIND),
        _text("status", KIND),
        _body(),
    )
    op.create_index("messages_in_order", "messages", ["thread_id", "number"])
    op.create_index("ix_messages_run_id", "messages", ["run_id"])
    _table(
        "runs",
        _child("thread_id", "threads.id"),
        _text("assistant_id"),
        _text("status", KIND),
        _integer("expires_at"),
        _text("worker", nullable=True),
        _integer("heartbeat_at", nullable=True),
        _body(),
    )
    op.create_index("runs_in_order", "runs", ["thread_id", "number"])
    only_active: Any = {"sqlite_where": ACTIVE, "postgresql_where": ACTIVE}
    op.create_index("active_runs", "runs", ["status"], **only_active)
    op.create_index("one_active_run", "runs", ["thread_id"], unique=True, **only_active)
    _table(
        "run_steps",
        _child("run_id", "runs.id"),
        _text("thread_id"),
        _text("assistant_id"),
        _text("kind", KIND),
        _text("status", KIND),
        _body(),
    )
    op.create_index("run_steps_in_order", "run_steps", ["run_id", "number"])
    _table("run_prompts", _child("run_id", "runs.id"), _body())
    op.create_index("run_prompts_in_order", "run_prompts", ["run_id", "number"])


def _create_files() -> None:
    _table(
        "files",
        _text("filename", sa.Text),
        _text("purpose", KIND),
        _integer("size_bytes"),
        _text("blob_key"),
        _integer("expires_at", nullable=True),
    )
    op.create_index("files_in_order", "files", ["owner", "number"])
    op.create_index("files_expiring", "files", ["expires_at"])
    op.create_index("ix_files_blob_key", "files", ["blob_key"])
    _table(
        "uploads",
        _text("filename", sa.Text),
        _text("purpose", KIND),
        _integer("size_bytes"),
        _text("status", KIND),
        _integer("expires_at"),
        _text("file_id", nullable=True),
        _body(),
    )
    op.create_index("ix_uploads_expires_at", "uploads", ["expires_at"])
    _table("upload_parts", _child("upload_id", "uploads.id"), _integer("size_bytes"), _text("blob_key"))
    op.create_index("ix_upload_parts_upload_id", "upload_parts", ["upload_id"])
    op.create_index("ix_upload_parts_blob_key", "upload_parts", ["blob_key"])


def _create_vector_stores() -> None:
    _table("vector_stores", _integer("last_active_at"), _integer("expires_at", nullable=True), _body())
    op.create_index("vector_stores_in_order", "vector_stores", ["owner", "number"])
    op.create_index("vector_stores_expiring", "vector_stores", ["expires_at"])
    op.create_table(
        "documents",
        sa.Column("number", NUMBER, primary_key=True, autoincrement=True),
        _text("owner", OWNER),
        _text("blob_key"),
        _text("kind", KIND),
        _integer("characters"),
        sa.Column("sections", sa.LargeBinary, nullable=False),
    )
    op.create_index("documents_by_content", "documents", ["owner", "blob_key"], unique=True)
    _table(
        "vector_store_files",
        _child("vector_store_id", "vector_stores.id"),
        _child("file_id", "files.id"),
        sa.Column("document", sa.BigInteger, sa.ForeignKey("documents.number")),
        _text("status", KIND),
        _text("stage", KIND),
        _integer("usage_bytes"),
        _text("worker", nullable=True),
        _integer("heartbeat_at", nullable=True),
        _body(),
    )
    op.create_index("vector_store_files_in_order", "vector_store_files", ["vector_store_id", "number"])
    op.create_index("one_entry_of_a_file", "vector_store_files", ["vector_store_id", "file_id"], unique=True)
    op.create_index("vector_store_files_to_do", "vector_store_files", ["stage", "number"])
    op.create_index("ix_vector_store_files_file_id", "vector_store_files", ["file_id"])
    op.create_index("ix_vector_store_files_document", "vector_store_files", ["document"])
    _table(
        "file_batches",
        _child("vector_store_id", "vector_stores.id"),
        sa.Column("is_cancelled", sa.Boolean, nullable=False),
    )
    op.create_index("ix_file_batches_vector_store_id", "file_batches", ["vector_store_id"])
    op.create_table(
        "file_batch_files",
        _child("batch_id", "file_batches.id", primary_key=True),
        _child("store_file", "vector_store_files.number", sa.BigInteger, primary_key=True),
        _text("owner", OWNER),
    )
    op.create_index("ix_file_batch_files_store_file", "file_batch_files", ["store_file"])


def _create_search() -> None:
    in_store_file = ("store_file", "vector_store_files.number", sa.BigInteger)
    op.create_table(
        "blocks",
        _child("document", "documents.number", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("ordinal", sa.Integer, primary_key=True, autoincrement=False),
        _text("owner", OWNER),
        sa.Column("text", sa.LargeBinary, nullable=False),
    )
    op.create_table(
        "segments",
        _child(*in_store_file, primary_key=True, autoincrement=False),
        _child("store", "vector_stores.number", sa.BigInteger),
        _text("owner", OWNER),
        sa.Column("bounds", sa.LargeBinary, nullable=False),
        sa.Column("lengths", sa.LargeBinary, nullable=False),
    )
    op.create_index("segments_of_store", "segments", ["store"])
    op.create_table(
        "postings",
        _child("store", "vector_stores.number", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("word", sa.String(64), primary_key=True),
        _child(*in_store_file, primary_key=True, autoincrement=False),
        _text("owner", OWNER),
        sa.Column("pairs", sa.LargeBinary, nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_postings_store_file", "postings", ["store_file"])
    op.create_table(
        "windows",
        _child("document", "documents.number", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("ordinal", sa.Integer, primary_key=True, autoincrement=False),
        _text("owner", OWNER),
        sa.Column("start", sa.Integer, nullable=False),
        sa.Column("end", sa.Integer, nullable=False),
        _text("model"),
        sa.Column("vector", sa.LargeBinary),
    )
    op.create_index("windows_by_place", "windows", ["document", "start"])
    op.create_table(
        "erasures",
        sa.Column("number", NUMBER, primary_key=True, autoincrement=True),
        _text("owner", OWNER),
        _text("kind", KIND),
        _text("key", sa.String(200)),
    )
