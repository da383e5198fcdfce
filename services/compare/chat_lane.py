"""A lane in Chat Completions: the history is read from our own database and travels with each message."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import TYPE_CHECKING

from services.compare.lane_turn import LaneTurn
from services.documents.attachments import read_attachment
from services.modes.chat_completions import ChatRequest, send
from services.turns import Attachment, Event, Message

if TYPE_CHECKING:
    import openai


async def events(client: openai.AsyncOpenAI, asked: LaneTurn) -> AsyncIterator[Event]:
    """The turn's events. Raises AppError when a file of the history cannot be read."""
    request = await asyncio.to_thread(_request, asked)
    async for event in send(client, asked.way.connection, request):
        yield event


def _request(asked: LaneTurn) -> ChatRequest:
    before = [message for turn in asked.history() for message in turn.messages]
    model = asked.way.model
    return ChatRequest(
        model=model.id,
        messages=tuple(_as_text(message) for message in (*before, asked.user)),
        system_prompt=asked.lane.instructions,
        parameters=asked.wanted.parameters,
        tools=asked.tools,
        context_tokens=model.context_tokens,
        sees_images=model.vision is not False,
    )


def _as_text(message: Message) -> Message:
    """The message with its files as text: a lane that was changed to this mode has some that are not."""
    if message.role != "user":
        return replace(message, attachments=())
    return replace(message, attachments=tuple(map(_readable, message.attachments)))


def _readable(file: Attachment) -> Attachment:
    is_ready = file.is_image or file.media_type.startswith("text/plain")
    return file if is_ready else read_attachment(file.filename, file.data)
