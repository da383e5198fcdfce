"""Tables that were uploaded to be asked with SQL."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

ID = sa.String(64)
NUMBER = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    op.create_table(
        "uploaded_tables",
        sa.Column("number", NUMBER, primary_key=True, autoincrement=True),
        sa.Column("id", ID, nullable=False, unique=True),
        sa.Column("owner", sa.String(200), nullable=False),
        sa.Column("collection_id", ID, nullable=False),
        sa.Column("name", ID, nullable=False),
        sa.Column("filename", sa.Text, nullable=False),
        sa.Column("size_bytes", sa.BigInteger, nullable=False),
        sa.Column("blob_key", ID, nullable=False, index=True),
        sa.Column("state", sa.String(32), nullable=False),
        sa.Column("revision", sa.Integer, nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("body", sa.JSON, nullable=False),
    )
    op.create_index("uploaded_tables_in_order", "uploaded_tables", ["owner", "collection_id", "number"])
    op.create_index("one_table_of_a_name", "uploaded_tables", ["owner", "collection_id", "name"], unique=True)


def downgrade() -> None:
    op.drop_table("uploaded_tables")
