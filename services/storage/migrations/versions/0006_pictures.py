"""The gallery of pictures; sound and pictures in the ledger."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

ID = sa.String(64)
NUMBER = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    """Seconds of sound, characters spoken and pictures of each call; the gallery."""
    op.add_column("calls", sa.Column("audio_s", sa.Float))
    op.add_column("calls", sa.Column("characters", sa.Integer))
    op.add_column("calls", sa.Column("pictures", sa.Integer))
    op.create_table(
        "pictures",
        sa.Column("number", NUMBER, primary_key=True, autoincrement=True),
        sa.Column("id", ID, nullable=False, unique=True),
        sa.Column("owner", sa.String(200), nullable=False),
        sa.Column("parent_id", ID),
        sa.Column("kind", sa.String(32), nullable=False),
        sa.Column("prompt", sa.Text, nullable=False),
        sa.Column("model", sa.Text, nullable=False),
        sa.Column("blob_key", ID, nullable=False),
        sa.Column("media_type", sa.String(32), nullable=False),
        sa.Column("width", sa.Integer, nullable=False),
        sa.Column("height", sa.Integer, nullable=False),
        sa.Column("size_bytes", sa.BigInteger, nullable=False),
        sa.Column("cost_usd", sa.String(64)),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("body", sa.JSON, nullable=False),
    )
    op.create_index("pictures_in_order", "pictures", ["owner", "number"])
    op.create_index("ix_pictures_parent_id", "pictures", ["parent_id"])
    op.create_index("ix_pictures_blob_key", "pictures", ["blob_key"])


def downgrade() -> None:
    """Without them."""
    op.drop_table("pictures")
    op.drop_column("calls", "pictures")
    op.drop_column("calls", "characters")
    op.drop_column("calls", "audio_s")
