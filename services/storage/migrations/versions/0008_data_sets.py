"""Ratings of answers; data sets for fine-tuning."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

ID = sa.String(64)
OWNER = sa.String(200)
NUMBER = sa.BigInteger().with_variant(sa.Integer, "sqlite")
TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Thumbs and corrections by turn; data sets and their lines."""
    op.create_table(
        "ratings",
        sa.Column("turn_id", ID, sa.ForeignKey("turns.id", ondelete="CASCADE"), primary_key=True),
        sa.Column("owner", OWNER, nullable=False),
        sa.Column("thumb", sa.Integer),
        sa.Column("better", sa.Text),
        sa.Column("rated_at", TIME, nullable=False),
    )
    op.create_index("ratings_by_time", "ratings", ["owner", "rated_at"])
    op.create_table(
        "data_sets",
        sa.Column("id", ID, primary_key=True),
        sa.Column("owner", OWNER, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("seed", sa.BigInteger, nullable=False),
        sa.Column("validation_share", sa.Float, nullable=False),
        sa.Column("revision", sa.Integer, nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("updated_at", TIME, nullable=False),
    )
    op.create_index("data_sets_by_update", "data_sets", ["owner", "updated_at"])
    op.create_table(
        "data_set_lines",
        sa.Column("number", NUMBER, primary_key=True, autoincrement=True),
        sa.Column("data_set_id", ID, sa.ForeignKey("data_sets.id", ondelete="CASCADE"), nullable=False),
        sa.Column("owner", OWNER, nullable=False),
        sa.Column("text", sa.Text, nullable=False),
    )
    op.create_index("lines_of_data_set", "data_set_lines", ["data_set_id", "number"])


def downgrade() -> None:
    """Without them."""
    op.drop_table("data_set_lines")
    op.drop_table("data_sets")
    op.drop_table("ratings")
