"""One turn of a lane on its way: what all modes need to send it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from services import tokens
from services.catalog import Model
from services.clients import Connection, as_app_error
from services.compare.checks import Sendable
from services.compare.records import Lane
from services.modes.chat_completions import failure
from services.modes.sizes import body_size_bytes
from services.tools.base import Tool
from services.turns import Event, Failed, Message, RequestSent, Turn


@dataclass(frozen=True, slots=True)
class LaneWay:
    """How a lane's messages travel. `upstream_key` was typed in the browser; it goes along and is kept nowhere."""

    connection: Connection
    model: Model
    upstream_key: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class LaneTurn:
    """A turn that is to be sent.

    `history` reads the turns before it. `replaces` is the turn it answers again. `ids` reads what the server keeps for
    the lane, `keep` writes it.
    """

    lane: Lane
    turn: Turn
    way: LaneWay
    wanted: Sendable
    tools: tuple[Tool, ...]
    history: Callable[[], Sequence[Turn]]
    ids: Callable[[], dict[str, Any]]
    keep: Callable[[Mapping[str, Any]], None]
    replaces: Turn | None = None

    @property
    def user(self) -> Message:
        """What is to be answered."""
        return self.turn.user


def request_sent(path: str, body: Mapping[str, Any], texts: Sequence[str], messages: int = 0) -> RequestSent:
    """A request with the texts in it that a model will read."""
    count = sum(tokens.count(text) + tokens.TOKENS_PER_MESSAGE for text in texts if text)
    return RequestSent("POST", path, body_size_bytes(body), messages, count)


async def guarded(events: AsyncIterator[Event], connection: Connection) -> AsyncIterator[Event]:
    """These events; what goes wrong on the other side is the last of them."""
    try:
        async for event in events:
            yield event
    except Exception as error:
        yield failure(as_app_error(error, connection))


async def explained(
    events: AsyncIterator[Event], is_gone: Callable[[], Awaitable[bool]], sentence: str
) -> AsyncIterator[Event]:
    """These events; a failure because the server's side of the lane was deleted is said as such."""
    async for event in events:
        if isinstance(event, Failed) and await _asked(is_gone):
            yield Failed(sentence, True, "not_found")
        else:
            yield event


async def _asked(is_gone: Callable[[], Awaitable[bool]]) -> bool:
    try:
        return await is_gone()
    except Exception:  # the server does not answer: then that is what went wrong
        return False


def said_before(turns: Sequence[Turn]) -> list[Message]:
    """The talk so far as plain messages: what people and the model said, without tool calls."""
    return [
        Message(message.role, message.content, message.attachments)
        for turn in turns
        for message in turn.messages
        if message.role in ("user", "assistant") and (message.content or message.attachments)
    ]
