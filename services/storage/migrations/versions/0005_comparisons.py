"""Comparisons, and the conversations that are their lanes."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

ID = sa.String(64)


def upgrade() -> None:
    op.create_table(
        "comparisons",
        sa.Column("id", ID, primary_key=True),
        sa.Column("owner", sa.String(200), nullable=False),
        sa.Column("title", sa.Text),
        sa.Column("lanes", sa.JSON, nullable=False),
        sa.Column("settings", sa.JSON, nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
    )
    op.create_index("comparisons_by_update", "comparisons", ["owner", "updated_at"])
    op.add_column("conversations", sa.Column("comparison_id", ID))
    op.create_index("ix_conversations_comparison_id", "conversations", ["comparison_id"])


def downgrade() -> None:
    op.drop_index("ix_conversations_comparison_id", "conversations")
    op.drop_column("conversations", "comparison_id")
    op.drop_table("comparisons")
