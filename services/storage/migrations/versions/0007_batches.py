"""Batches of requests, and the answers that have come so far."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

ID = sa.String(64)
OWNER = sa.String(200)
NUMBER = sa.BigInteger().with_variant(sa.Integer, "sqlite")
ACTIVE = sa.text("status IN ('validating', 'in_progress', 'finalizing', 'cancelling')")


def upgrade() -> None:
    op.create_table(
        "batches",
        sa.Column("number", NUMBER, primary_key=True, autoincrement=True),
        sa.Column("id", ID, nullable=False, unique=True),
        sa.Column("owner", OWNER, nullable=False),
        sa.Column("created_at", sa.BigInteger, nullable=False),
        sa.Column("status", sa.String(32), nullable=False),
        sa.Column("blob_key", ID),
        sa.Column("total", sa.Integer, nullable=False),
        sa.Column("completed", sa.Integer, nullable=False),
        sa.Column("failed", sa.Integer, nullable=False),
        sa.Column("expires_at", sa.BigInteger, nullable=False),
        sa.Column("worker", ID),
        sa.Column("heartbeat_at", sa.BigInteger),
        sa.Column("body", sa.JSON, nullable=False),
    )
    op.create_index("batches_in_order", "batches", ["owner", "number"])
    op.create_index("ix_batches_blob_key", "batches", ["blob_key"])
    op.create_index("active_batches", "batches", ["status"], sqlite_where=ACTIVE, postgresql_where=ACTIVE)
    op.create_table(
        "batch_results",
        sa.Column("batch_id", ID, sa.ForeignKey("batches.id", ondelete="CASCADE"), primary_key=True),
        sa.Column("line", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("owner", OWNER, nullable=False),
        sa.Column("is_good", sa.Boolean, nullable=False),
        sa.Column("answer", sa.LargeBinary, nullable=False),
    )


def downgrade() -> None:
    op.drop_table("batch_results")
    op.drop_table("batches")
