"""Responses and Conversations as the pages use them: the openai SDK over HTTP, with plain values and our own errors."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import islice
from typing import TYPE_CHECKING, Any

from services.errors import AppError, NotFound
from services.modes.response_requests import INCLUDE
from services.responses.history import turns_of
from services.responses.records import Conversation, as_conversation
from services.sdk import SdkApi

if TYPE_CHECKING:
    from services.turns import Turn

Wire = dict[str, Any]
ITEMS_AT_ONCE = 20
"""The most items that one request may bring. Source: OpenAI's reference of POST /v1/conversations."""
LONGEST_PAGE = 100
MOST_LISTED = 2_000
EVERYTHING: Any = list(INCLUDE.values())


class ResponsesApi(SdkApi):
    """Conversations with their items, and responses. All of it raises AppError; NotFound for what was deleted."""

    # --- conversations ----------------------------------------------------------------------

    def create_conversation(
        self, metadata: Mapping[str, str] | None = None, items: Sequence[Mapping[str, Any]] = ()
    ) -> Conversation:
        """A new conversation with these items, however many there are; `conversation.id` is what a request names."""
        with self._speaking() as client:
            first: Any = list(items[:ITEMS_AT_ONCE])
            made = client.conversations.create(metadata=dict(metadata or {}), items=first)
        try:
            self.add_items(made.id, items[ITEMS_AT_ONCE:])
        except AppError:
            self.delete_conversation(made.id)
            raise
        return as_conversation(made.to_dict())

    def conversation(self, conversation_id: str) -> Conversation:
        """One conversation. Raises NotFound when it was deleted on the server."""
        with self._speaking() as client:
            return as_conversation(client.conversations.retrieve(conversation_id).to_dict())

    def describe_conversation(self, conversation: Conversation, **metadata: str) -> Conversation:
        """Set entries of a conversation's metadata."""
        with self._speaking() as client:
            changed: Any = {**conversation.metadata, **metadata}
            return as_conversation(client.conversations.update(conversation.id, metadata=changed).to_dict())

    def delete_conversation(self, conversation_id: str) -> None:
        """Delete a conversation with its items."""
        with self._speaking() as client:
            client.conversations.delete(conversation_id)

    def add_items(self, conversation_id: str, items: Sequence[Mapping[str, Any]]) -> None:
        """Add items at the end, 20 a request."""
        with self._speaking() as client:
            for start in range(0, len(items), ITEMS_AT_ONCE):
                some: Any = list(items[start : start + ITEMS_AT_ONCE])
                client.conversations.items.create(conversation_id, items=some)

    def items(self, conversation_id: str, limit: int = MOST_LISTED) -> list[Wire]:
        """The newest `limit` items as the API spells them, the oldest of them first."""
        with self._speaking() as client:
            page = client.conversations.items.list(
                conversation_id, limit=min(limit, LONGEST_PAGE), order="desc", include=EVERYTHING
            )
            return [item.to_dict() for item in islice(page, limit)][::-1]

    def turns(self, conversation_id: str, model: str = "") -> list[Turn]:
        """A conversation as turns, oldest first: what the server remembers, found by anybody who opens it now."""
        return turns_of(conversation_id, self.items(conversation_id), model, self._picture)

    # --- responses --------------------------------------------------------------------------

    def response(self, response_id: str) -> Wire:
        """One response as the API spells it."""
        with self._speaking() as client:
            return client.responses.retrieve(response_id, include=EVERYTHING).to_dict()

    def chain(self, response_id: str) -> list[Turn]:
        """The turns of a chain that ends with this response."""
        with self._speaking() as client:
            page = client.responses.input_items.list(
                response_id, limit=LONGEST_PAGE, order="desc", include=EVERYTHING
            )
            asked = [item.to_dict() for item in islice(page, MOST_LISTED)][::-1]
        last = self.response(response_id)
        return turns_of(response_id, [*asked, *last["output"]], last["model"], self._picture)

    def cancel(self, response_id: str) -> None:
        """End a response that is written in the background."""
        with self._speaking() as client:
            client.responses.cancel(response_id)

    def delete_response(self, response_id: str) -> None:
        """Delete a response. A conversation keeps its items."""
        with self._speaking() as client:
            client.responses.delete(response_id)

    def count(self, body: Mapping[str, Any]) -> int:
        """The input tokens that a request would take, as the server counts them, its memory included."""
        with self._speaking() as client:
            counted: int = client.responses.input_tokens.count(**dict(body)).input_tokens
            return counted

    # --- containers -------------------------------------------------------------------------

    def container_file(self, container_id: str, file_id: str) -> bytes:
        """The bytes of a file that a program wrote; `ToolStep.details["container_id"]` says where it ran."""
        with self._speaking() as client:
            return client.containers.files.content.retrieve(file_id, container_id=container_id).content

    def _picture(self, container_id: str, file_id: str) -> bytes:
        try:
            return self.container_file(container_id, file_id)
        except NotFound:
            return b""
