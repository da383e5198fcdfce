"""Responses and conversations that the server remembers."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

Column = sa.Column[Any]

ID = sa.String(64)
NUMBER = sa.BigInteger().with_variant(sa.Integer, "sqlite")
ACTIVE = sa.text("status IN ('queued', 'in_progress')")


def upgrade() -> None:
    _table(
        "responses",
        sa.Column("status", sa.String(32), nullable=False),
        sa.Column("previous_id", ID),
        sa.Column("conversation_id", ID),
        sa.Column("worker", ID),
        sa.Column("heartbeat_at", sa.BigInteger),
        _json("body"),
    )
    only_active: Any = {"sqlite_where": ACTIVE, "postgresql_where": ACTIVE}
    op.create_index("active_responses", "responses", ["status"], **only_active)
    _table("response_conversations", _json("body"))
    _table(
        "response_items",
        _child("response_id", "responses.id"),
        _child("conversation_id", "response_conversations.id"),
        sa.Column("side", sa.String(32), nullable=False),
        _json("body"),
        _json("private"),
        is_known_by_id=False,
    )
    op.create_index("items_of_response", "response_items", ["response_id", "number"])
    op.create_index("items_of_conversation", "response_items", ["conversation_id", "number"])
    op.create_index("items_by_id", "response_items", ["owner", "id"])
    _table("containers", sa.Column("last_active_at", sa.BigInteger, nullable=False), _json("body"))


def downgrade() -> None:
    for table in ("containers", "response_items", "response_conversations", "responses"):
        op.drop_table(table)


def _table(name: str, *columns: Column, is_known_by_id: bool = True) -> None:
    op.create_table(
        name,
        sa.Column("number", NUMBER, primary_key=True, autoincrement=True),
        sa.Column("id", ID, nullable=False, unique=is_known_by_id),
        sa.Column("owner", sa.String(200), nullable=False),
        sa.Column("created_at", sa.BigInteger, nullable=False),
        *columns,
    )


def _json(name: str) -> Column:
    return sa.Column(name, sa.JSON, nullable=False)


def _child(name: str, parent: str) -> Column:
    return sa.Column(name, ID, sa.ForeignKey(parent, ondelete="CASCADE"))
