"""The tables behind /v1/responses and /v1/conversations, in the manner of `api_tables`."""

from __future__ import annotations

from typing import Any

from sqlalchemy import BigInteger, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from services.storage.api_tables import ApiRow, Body, child_of
from services.storage.tables import Id

ACTIVE_RESPONSES = text("status IN ('queued', 'in_progress')")


class ResponseRow(ApiRow):
    """A response; its items lie beside it. `worker` is the process that writes it, `heartbeat_at` its last sign of life.

    `previous_id` and `conversation_id` are no foreign keys: a response outlives what it followed.
    """

    __tablename__ = "responses"
    __table_args__ = (
        Index("active_responses", "status", sqlite_where=ACTIVE_RESPONSES, postgresql_where=ACTIVE_RESPONSES),
    )

    status: Mapped[str] = mapped_column(String(32))
    previous_id: Mapped[str | None] = mapped_column(Id)
    conversation_id: Mapped[str | None] = mapped_column(Id)
    worker: Mapped[str | None] = mapped_column(Id)
    heartbeat_at: Mapped[int | None] = mapped_column(BigInteger)
    body: Mapped[dict[str, Any]] = mapped_column(Body)


class ConversationStateRow(ApiRow):
    """A conversation that the server remembers: metadata."""

    __tablename__ = "response_conversations"

    body: Mapped[dict[str, Any]] = mapped_column(Body)


class ItemRow(ApiRow):
    """An item: of a response, where `side` says whether it went in or came out, or of a conversation, which has a copy.

    So either is deleted without the other. `private` is what a tool's item rests on: what the model read, and passages.
    """

    __tablename__ = "response_items"
    __table_args__ = (
        Index("items_of_response", "response_id", "number"),
        Index("items_of_conversation", "conversation_id", "number"),
        Index("items_by_id", "owner", "id"),
    )

    id: Mapped[str] = mapped_column(Id)
    response_id: Mapped[str | None] = mapped_column(Id, child_of("responses.id"))
    conversation_id: Mapped[str | None] = mapped_column(Id, child_of("response_conversations.id"))
    side: Mapped[str] = mapped_column(String(32))
    body: Mapped[dict[str, Any]] = mapped_column(Body)
    private: Mapped[dict[str, Any]] = mapped_column(Body)


class ContainerRow(ApiRow):
    """Where programs of responses run. `body` has its name, the ids of the files given to it and those it has made."""

    __tablename__ = "containers"

    last_active_at: Mapped[int] = mapped_column(BigInteger)
    body: Mapped[dict[str, Any]] = mapped_column(Body)
