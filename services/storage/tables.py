"""The tables. Every row has an owner, and every query filters on it."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import JSON, BigInteger, DateTime, ForeignKey, Index, Integer, LargeBinary, String, Text
from sqlalchemy.engine import Dialect
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
from sqlalchemy.types import TypeDecorator


class UtcDateTime(TypeDecorator[datetime]):
    """An aware time, kept as UTC; a naive one is refused."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("times must be aware")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class ExactDecimal(TypeDecorator[Decimal]):
    """A decimal number kept digit by digit; SQLite has no such type of its own."""

    impl = String(64)
    cache_ok = True

    def process_bind_param(self, value: Decimal | None, dialect: Dialect) -> str | None:
        return None if value is None else str(value)

    def process_result_value(self, value: str | None, dialect: Dialect) -> Decimal | None:
        return None if value is None else Decimal(value)


Id = String(64)
Owner = String(200)
RowNumber = BigInteger().with_variant(Integer, "sqlite")  # SQLite counts up INTEGER keys only


class Base(DeclarativeBase):
    """What all tables share."""

    type_annotation_map = {  # noqa: RUF012
        datetime: UtcDateTime,
        Decimal: ExactDecimal,
        dict[str, Any]: JSON,
        list[dict[str, Any]]: JSON,
    }


class ConversationRow(Base):
    """A conversation. `leaf_turn_id` is the last turn of the branch that is shown.

    One with a `comparison_id` is a lane of that comparison, and stands in no list of conversations.
    """

    __tablename__ = "conversations"
    __table_args__ = (Index("conversations_by_update", "owner", "updated_at"),)

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    owner: Mapped[str] = mapped_column(Owner)
    title: Mapped[str | None] = mapped_column(Text)
    mode: Mapped[str] = mapped_column(String(32))
    settings: Mapped[dict[str, Any]]
    leaf_turn_id: Mapped[str | None] = mapped_column(Id)
    comparison_id: Mapped[str | None] = mapped_column(Id, index=True)
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]


class ComparisonRow(Base):
    """A comparison: its lanes as JSON, in order, and what belongs to it besides, such as votes."""

    __tablename__ = "comparisons"
    __table_args__ = (Index("comparisons_by_update", "owner", "updated_at"),)

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    owner: Mapped[str] = mapped_column(Owner)
    title: Mapped[str | None] = mapped_column(Text)
    lanes: Mapped[list[dict[str, Any]]]
    settings: Mapped[dict[str, Any]]
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]


class TurnRow(Base):
    """A turn. `number` is the order of creation, `user_body` the user's message, written once, as JSON.

    `body` is the rest of the turn, written again and again while it streams. `saved_at` is the heartbeat of a turn that
    streams; `search_words` feeds the search index.
    """

    __tablename__ = "turns"
    __table_args__ = (
        Index("turns_of_conversation", "conversation_id", "number"),
        Index("turns_by_status", "owner", "status"),
    )

    number: Mapped[int] = mapped_column(RowNumber, primary_key=True, autoincrement=True)
    id: Mapped[str] = mapped_column(Id, unique=True)
    owner: Mapped[str] = mapped_column(Owner)
    conversation_id: Mapped[str] = mapped_column(Id, ForeignKey("conversations.id", ondelete="CASCADE"))
    parent_id: Mapped[str | None] = mapped_column(Id)
    status: Mapped[str] = mapped_column(String(32))
    created_at: Mapped[datetime]
    saved_at: Mapped[datetime]
    user_body: Mapped[bytes] = mapped_column(LargeBinary)
    body: Mapped[bytes] = mapped_column(LargeBinary)
    search_words: Mapped[str] = mapped_column(Text)


class ExchangeRow(Base):
    """One HTTP exchange of a turn, compressed; `sent_at` tells a turn's exchanges apart."""

    __tablename__ = "exchanges"

    turn_id: Mapped[str] = mapped_column(Id, ForeignKey("turns.id", ondelete="CASCADE"), primary_key=True)
    sent_at: Mapped[datetime] = mapped_column(primary_key=True)
    owner: Mapped[str] = mapped_column(Owner, index=True)
    body: Mapped[bytes] = mapped_column(LargeBinary)


class TurnBlobRow(Base):
    """Which blobs a turn needs; a blob that no row names is deleted."""

    __tablename__ = "turn_blobs"

    turn_id: Mapped[str] = mapped_column(Id, ForeignKey("turns.id", ondelete="CASCADE"), primary_key=True)
    blob_key: Mapped[str] = mapped_column(Id, primary_key=True, index=True)
    owner: Mapped[str] = mapped_column(Owner)


class CallRow(Base):
    """One call in the ledger. It outlives its conversation: the money was spent."""

    __tablename__ = "calls"
    __table_args__ = (
        Index("calls_by_time", "owner", "at"),
        Index("calls_of_conversation", "owner", "conversation_id"),
    )

    number: Mapped[int] = mapped_column(RowNumber, primary_key=True, autoincrement=True)
    owner: Mapped[str] = mapped_column(Owner)
    at: Mapped[datetime]
    connection: Mapped[str] = mapped_column(Text)
    mode: Mapped[str] = mapped_column(String(32))
    model: Mapped[str] = mapped_column(Text)
    answered_by: Mapped[str | None] = mapped_column(Text)
    conversation_id: Mapped[str | None] = mapped_column(Id)
    turn_id: Mapped[str | None] = mapped_column(Id)
    prompt_tokens: Mapped[int | None]
    completion_tokens: Mapped[int | None]
    cached_tokens: Mapped[int | None]
    cache_write_tokens: Mapped[int | None]
    reasoning_tokens: Mapped[int | None]
    audio_s: Mapped[float | None]
    characters: Mapped[int | None]
    pictures: Mapped[int | None]
    cost_usd: Mapped[Decimal | None]
    ttft_s: Mapped[float | None]
    duration_s: Mapped[float | None]
    status: Mapped[str] = mapped_column(String(32))
    local: Mapped[bool]


class PreferenceRow(Base):
    """One preference of one owner."""

    __tablename__ = "preferences"

    owner: Mapped[str] = mapped_column(Owner, primary_key=True)
    key: Mapped[str] = mapped_column(String(200), primary_key=True)
    value: Mapped[Any] = mapped_column(JSON, nullable=True)


class RateLimitRow(Base):
    """The rate limit a connection last stated for a model."""

    __tablename__ = "rate_limits"

    owner: Mapped[str] = mapped_column(Owner, primary_key=True)
    connection: Mapped[str] = mapped_column(String(200), primary_key=True)
    model: Mapped[str] = mapped_column(String(200), primary_key=True)
    seen_at: Mapped[datetime]
    limit_requests: Mapped[int | None] = mapped_column(BigInteger)
    remaining_requests: Mapped[int | None] = mapped_column(BigInteger)
    reset_requests_s: Mapped[float | None]
    limit_tokens: Mapped[int | None] = mapped_column(BigInteger)
    remaining_tokens: Mapped[int | None] = mapped_column(BigInteger)
    reset_tokens_s: Mapped[float | None]


class UploadedTableRow(Base):
    """A table that somebody uploaded to a collection; its bytes are the blob `blob_key`.

    `revision` counts how often its reading was changed and names the DuckDB file that it is loaded into. `body` has the options
    that were asked for and what loading found.
    """

    __tablename__ = "uploaded_tables"
    __table_args__ = (
        Index("uploaded_tables_in_order", "owner", "collection_id", "number"),
        Index("one_table_of_a_name", "owner", "collection_id", "name", unique=True),
    )

    number: Mapped[int] = mapped_column(RowNumber, primary_key=True, autoincrement=True)
    id: Mapped[str] = mapped_column(Id, unique=True)
    owner: Mapped[str] = mapped_column(Owner)
    collection_id: Mapped[str] = mapped_column(Id)
    name: Mapped[str] = mapped_column(Id)
    filename: Mapped[str] = mapped_column(Text)
    size_bytes: Mapped[int] = mapped_column(BigInteger)
    blob_key: Mapped[str] = mapped_column(Id, index=True)
    state: Mapped[str] = mapped_column(String(32))
    revision: Mapped[int] = mapped_column(Integer)
    created_at: Mapped[datetime]
    body: Mapped[dict[str, Any]]


class PictureRow(Base):
    """A picture of the gallery; its bytes are the blob `blob_key`. `parent_id` is the picture it was made from.

    `body` has the parameters it was made with, and what was said about it.
    """

    __tablename__ = "pictures"
    __table_args__ = (Index("pictures_in_order", "owner", "number"),)

    number: Mapped[int] = mapped_column(RowNumber, primary_key=True, autoincrement=True)
    id: Mapped[str] = mapped_column(Id, unique=True)
    owner: Mapped[str] = mapped_column(Owner)
    parent_id: Mapped[str | None] = mapped_column(Id, index=True)
    kind: Mapped[str] = mapped_column(String(32))
    prompt: Mapped[str] = mapped_column(Text)
    model: Mapped[str] = mapped_column(Text)
    blob_key: Mapped[str] = mapped_column(Id, index=True)
    media_type: Mapped[str] = mapped_column(String(32))
    width: Mapped[int] = mapped_column(Integer)
    height: Mapped[int] = mapped_column(Integer)
    size_bytes: Mapped[int] = mapped_column(BigInteger)
    cost_usd: Mapped[Decimal | None]
    created_at: Mapped[datetime]
    body: Mapped[dict[str, Any]]
