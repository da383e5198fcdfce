"""Conversations, turns, exchanges, the ledger, preferences, rate limits, and full-text search."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

ID = sa.String(64)
OWNER = sa.String(200)
TIME = sa.DateTime(timezone=True)
NUMBER = sa.BigInteger().with_variant(sa.Integer, "sqlite")

# The words arrive folded and split: `ascii` leaves every other character alone, and so does PostgreSQL below.
SQLITE_SEARCH = (
    """CREATE VIRTUAL TABLE turn_search USING fts5(
        search_words, content='turns', content_rowid='number', detail=none, prefix='2 3',
        tokenize='ascii')""",
    """CREATE TRIGGER turn_search_insert AFTER INSERT ON turns BEGIN
        INSERT INTO turn_search(rowid, search_words) VALUES (new.number, new.search_words); END""",
    """CREATE TRIGGER turn_search_delete AFTER DELETE ON turns BEGIN
        INSERT INTO turn_search(turn_search, rowid, search_words)
        VALUES ('delete', old.number, old.search_words); END""",
    """CREATE TRIGGER turn_search_update AFTER UPDATE OF search_words ON turns
        WHEN old.search_words IS NOT new.search_words BEGIN
        INSERT INTO turn_search(turn_search, rowid, search_words)
        VALUES ('delete', old.number, old.search_words);
        INSERT INTO turn_search(rowid, search_words) VALUES (new.number, new.search_words); END""",
)
POSTGRESQL_SEARCH = (
    """ALTER TABLE turns ADD COLUMN search_vector tsvector
        GENERATED ALWAYS AS (array_to_tsvector(string_to_array(search_words, ' '))) STORED""",
    "CREATE INDEX turns_search ON turns USING gin (search_vector)",
)


def upgrade() -> None:
    op.create_table(
        "conversations",
        sa.Column("id", ID, primary_key=True),
        sa.Column("owner", OWNER, nullable=False),
        sa.Column("title", sa.Text),
        sa.Column("mode", sa.String(32), nullable=False),
        sa.Column("settings", sa.JSON, nullable=False),
        sa.Column("leaf_turn_id", ID),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("updated_at", TIME, nullable=False),
    )
    op.create_index("conversations_by_update", "conversations", ["owner", "updated_at"])
    op.create_table(
        "turns",
        sa.Column("number", NUMBER, primary_key=True, autoincrement=True),
        sa.Column("id", ID, nullable=False, unique=True),
        sa.Column("owner", OWNER, nullable=False),
        sa.Column(
            "conversation_id", ID, sa.ForeignKey("conversations.id", ondelete="CASCADE"), nullable=False
        ),
        sa.Column("parent_id", ID),
        sa.Column("status", sa.String(32), nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("saved_at", TIME, nullable=False),
        sa.Column("user_body", sa.LargeBinary, nullable=False),
        sa.Column("body", sa.LargeBinary, nullable=False),
        sa.Column("search_words", sa.Text, nullable=False),
    )
    op.create_index("turns_of_conversation", "turns", ["conversation_id", "number"])
    op.create_index("turns_by_status", "turns", ["owner", "status"])
    _create_parts_of_turns()
    _create_metering()
    _create_preferences()
    for statement in SQLITE_SEARCH if op.get_bind().dialect.name == "sqlite" else POSTGRESQL_SEARCH:
        op.execute(statement)


def _create_parts_of_turns() -> None:
    turn_id = sa.ForeignKey("turns.id", ondelete="CASCADE")
    op.create_table(
        "exchanges",
        sa.Column("turn_id", ID, turn_id, primary_key=True),
        sa.Column("sent_at", TIME, primary_key=True),
        sa.Column("owner", OWNER, nullable=False, index=True),
        sa.Column("body", sa.LargeBinary, nullable=False),
    )
    op.create_table(
        "turn_blobs",
        sa.Column("turn_id", ID, turn_id._copy(), primary_key=True),
        sa.Column("blob_key", ID, primary_key=True, index=True),
        sa.Column("owner", OWNER, nullable=False),
    )


def _create_metering() -> None:
    op.create_table(
        "calls",
        sa.Column("number", NUMBER, primary_key=True, autoincrement=True),
        sa.Column("owner", OWNER, nullable=False),
        sa.Column("at", TIME, nullable=False),
        sa.Column("connection", sa.Text, nullable=False),
        sa.Column("mode", sa.String(32), nullable=False),
        sa.Column("model", sa.Text, nullable=False),
        sa.Column("answered_by", sa.Text),
        sa.Column("conversation_id", ID),
        sa.Column("turn_id", ID),
        sa.Column("prompt_tokens", sa.Integer),
        sa.Column("completion_tokens", sa.Integer),
        sa.Column("cached_tokens", sa.Integer),
        sa.Column("cache_write_tokens", sa.Integer),
        sa.Column("reasoning_tokens", sa.Integer),
        sa.Column("cost_usd", sa.String(64)),
        sa.Column("ttft_s", sa.Float),
        sa.Column("duration_s", sa.Float),
        sa.Column("status", sa.String(32), nullable=False),
        sa.Column("local", sa.Boolean, nullable=False),
    )
    op.create_index("calls_by_time", "calls", ["owner", "at"])
    op.create_index("calls_of_conversation", "calls", ["owner", "conversation_id"])
    op.create_table(
        "rate_limits",
        sa.Column("owner", OWNER, primary_key=True),
        sa.Column("connection", sa.String(200), primary_key=True),
        sa.Column("model", sa.String(200), primary_key=True),
        sa.Column("seen_at", TIME, nullable=False),
        sa.Column("limit_requests", sa.BigInteger),
        sa.Column("remaining_requests", sa.BigInteger),
        sa.Column("reset_requests_s", sa.Float),
        sa.Column("limit_tokens", sa.BigInteger),
        sa.Column("remaining_tokens", sa.BigInteger),
        sa.Column("reset_tokens_s", sa.Float),
    )


def _create_preferences() -> None:
    op.create_table(
        "preferences",
        sa.Column("owner", OWNER, primary_key=True),
        sa.Column("key", sa.String(200), primary_key=True),
        sa.Column("value", sa.JSON),
    )


def downgrade() -> None:
    if op.get_bind().dialect.name == "sqlite":
        op.execute("DROP TABLE turn_search")
    for table in ("exchanges", "turn_blobs", "turns", "conversations", "calls", "rate_limits", "preferences"):
        op.drop_table(table)
