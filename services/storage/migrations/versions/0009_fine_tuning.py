"""Fine-tuning jobs, their events, and the models they come to."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

ID = sa.String(64)
NUMBER = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    op.create_table(
        "fine_tuning_jobs",
        *_object(),
        sa.Column("status", sa.String(32), nullable=False),
        sa.Column("worker", ID),
        sa.Column("heartbeat_at", sa.BigInteger),
        sa.Column("body", sa.JSON, nullable=False),
    )
    op.create_index("fine_tuning_jobs_in_order", "fine_tuning_jobs", ["owner", "number"])
    op.create_table(
        "fine_tuning_events",
        *_object(),
        _job(),
        sa.Column("body", sa.JSON, nullable=False),
    )
    op.create_index("fine_tuning_events_in_order", "fine_tuning_events", ["job_id", "number"])
    op.create_table(
        "fine_tuning_checkpoints",
        *_object(),
        _job(),
        sa.Column("step_number", sa.Integer, nullable=False),
        sa.Column("name", sa.String(200)),
        sa.Column("base", sa.String(200), nullable=False),
        sa.Column("blob_key", ID),
        sa.Column("body", sa.JSON, nullable=False),
    )
    op.create_index("fine_tuning_checkpoints_in_order", "fine_tuning_checkpoints", ["job_id", "number"])
    op.create_index("fine_tuned_models_by_name", "fine_tuning_checkpoints", ["owner", "name"])
    op.create_index("ix_fine_tuning_checkpoints_blob_key", "fine_tuning_checkpoints", ["blob_key"])


def downgrade() -> None:
    for table in ("fine_tuning_checkpoints", "fine_tuning_events", "fine_tuning_jobs"):
        op.drop_table(table)


def _object() -> list[sa.Column[Any]]:
    return [
        sa.Column("number", NUMBER, primary_key=True, autoincrement=True),
        sa.Column("id", ID, nullable=False, unique=True),
        sa.Column("owner", sa.String(200), nullable=False),
        sa.Column("created_at", sa.BigInteger, nullable=False),
    ]


def _job() -> sa.Column[Any]:
    return sa.Column("job_id", ID, sa.ForeignKey("fine_tuning_jobs.id", ondelete="CASCADE"), nullable=False)
