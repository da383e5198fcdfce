"""A lane in Assistants: it has an assistant and a thread on the server, made when it is first asked."""

from __future__ import annotations

import asyncio
import hashlib
import json
from collections.abc import AsyncIterator, Sequence
from typing import TYPE_CHECKING, Any

from services.compare.files import Destination, sort_files
from services.compare.lane_turn import LaneTurn, explained, request_sent, said_before
from services.compare.server_files import upload
from services.documents.attachments import as_content_parts
from services.functions.calling import call as call_function
from services.functions.function_tool import definition, demo_function
from services.modes.assistants import Answer, RunRequest, send
from services.tools.base import Tool
from services.turns import BUILT_IN_TOOLS, Event, Message, ToolCall, Turn

if TYPE_CHECKING:
    import openai

ASSISTANT, MADE_OF, THREAD, FILES = "assistant_id", "made_of", "thread_id", "file_ids"
GONE = (
    "The thread of this lane is not on the server any more: somebody deleted it there. Nothing you see here is lost. "
    "Answer again, and a new thread is made from the talk so far."
)
# What belongs to a run; the rest describes the assistant.
OF_RUN = (
    "max_completion_tokens",
    "max_prompt_tokens",
    "truncation_strategy",
    "tool_choice",
    "parallel_tool_calls",
)

Wire = dict[str, Any]


class _Functions:
    """The tools of a lane: they run without asking, for they do nothing but compute."""

    def __init__(self, tools: Sequence[Tool]) -> None:
        self._known = {tool.name: demo_function(tool) for tool in tools}

    def may_call(self, call: ToolCall) -> bool:
        """Always."""
        return True

    async def call(self, call: ToolCall) -> Answer:
        """Make the call."""
        function = self._known.get(call.name)
        if function is None:
            return Answer("failed", f"Error: There is no function named {call.name!r} here.")
        output = await call_function(function, call.arguments)
        return Answer("completed" if output.ok else "failed", output.text)


async def events(client: openai.AsyncOpenAI, asked: LaneTurn) -> AsyncIterator[Event]:
    """The turn's events, what has to be made on the server first among them."""
    lane = _Lane(client, asked)
    async for event in explained(lane.events(), lane.is_gone, GONE):
        yield event


class _Lane:
    """The server's side of one lane while a turn is sent."""

    def __init__(self, client: openai.AsyncOpenAI, asked: LaneTurn) -> None:
        self._client, self._asked = client, asked
        self._ids: Wire = {}

    async def events(self) -> AsyncIterator[Event]:
        asked = self._asked
        self._ids = await asyncio.to_thread(asked.ids)
        async for event in self._assistant():
            yield event
        message: Wire | None = None
        if THREAD not in self._ids:
            async for event in self._thread():
                yield event
        if not await self._is_there_already():
            uploads: list[tuple[str, Destination]] = []
            async for event in self._upload(asked.user, uploads):
                yield event
            message = self._message(asked.user, uploads)
        request = RunRequest(
            self._ids[THREAD],
            self._ids[ASSISTANT],
            asked.way.model.id,
            asked.way.model.local,
            message=message,
            parameters={n: v for n, v in asked.wanted.parameters.items() if n in OF_RUN},
            upstream_key=asked.way.upstream_key,
        )
        async for event in send(self._client, asked.way.connection, request, _Functions(asked.tools)):
            yield event

    async def is_gone(self) -> bool:
        """Whether the thread was deleted on the server; then the lane forgets it."""
        from openai import NotFoundError

        if THREAD not in self._ids:
            return False
        try:
            await self._client.beta.threads.retrieve(self._ids[THREAD])
        except NotFoundError:
            del self._ids[THREAD]
            await self._keep()
            return True
        return False

    async def _keep(self) -> None:
        await asyncio.to_thread(self._asked.keep, self._ids)

    async def _assistant(self) -> AsyncIterator[Event]:
        """The assistant as the lane describes it: made once, and changed when the lane was."""
        from openai import NotFoundError

        body = self._description()
        made_of = hashlib.sha256(json.dumps(body, sort_keys=True).encode()).hexdigest()[:16]
        if self._ids.get(MADE_OF) == made_of and ASSISTANT in self._ids:
            return
        assistants, known = self._client.beta.assistants, self._ids.get(ASSISTANT)
        texts = [body["instructions"], *(json.dumps(t) for t in body["tools"] if t["type"] == "function")]
        if known is not None:
            try:
                yield request_sent(f"/assistants/{known}", body, texts)
                await assistants.update(known, **body)
            except NotFoundError:
                known = None
        if known is None:
            yield request_sent("/assistants", body, texts)
            known = (await assistants.create(**body)).id
        self._ids |= {ASSISTANT: known, MADE_OF: made_of}
        await self._keep()

    def _description(self) -> Wire:
        lane, wanted = self._asked.lane, self._asked.wanted
        built_in = [{"type": name} for name in wanted.tools if name in BUILT_IN_TOOLS]
        functions = [definition(demo_function(tool)) for tool in self._asked.tools]
        return {
            "model": lane.model,
            "name": "Compare",
            "instructions": lane.instructions,
            "tools": [*built_in, *functions],
            **{n: v for n, v in wanted.parameters.items() if n not in OF_RUN},
        }

    async def _thread(self) -> AsyncIterator[Event]:
        """A new thread, with what was said before in it."""
        before = said_before(await asyncio.to_thread(self._asked.history))
        messages: list[Wire] = []
        for said in before:
            uploads: list[tuple[str, Destination]] = []
            async for event in self._upload(said, uploads):
                yield event
            messages.append(self._message(said, uploads))
        body: Wire = {"metadata": {"title": "Compare"}}
        if messages:
            body["messages"] = messages
        yield request_sent("/threads", body, [said.content for said in before], len(before))
        self._ids[THREAD] = (await self._client.beta.threads.create(**body)).id
        await self._keep()

    async def _is_there_already(self) -> bool:
        """Whether the thread ends with the message: then it is answered again, and what answered it is deleted."""
        replaced = self._asked.replaces
        if replaced is None:
            return False
        messages = self._client.beta.threads.messages
        page = await messages.list(self._ids[THREAD], limit=20)
        for message in page.data:
            if not _answers(message, replaced):
                return message.role == "user" and _text(message) == self._asked.user.content
            await messages.delete(message.id, thread_id=self._ids[THREAD])
        return False

    async def _upload(self, said: Message, uploads: list[tuple[str, Destination]]) -> AsyncIterator[Event]:
        if said.role != "user":
            return
        for file, where in sort_files(self._asked.lane, said).uploads:
            sent, file_id = await upload(self._client, file, "vision" if where == "picture" else "assistants")
            yield sent
            uploads.append((file_id, where))
            self._ids[FILES] = [*self._ids.get(FILES, ()), file_id]
        if uploads:
            await self._keep()

    def _message(self, said: Message, uploads: Sequence[tuple[str, Destination]]) -> Wire:
        """The message as the API takes it."""
        by_hand = sort_files(self._asked.lane, said).message if said.role == "user" else said
        text = as_content_parts(by_hand, sees_images=False)
        pictures = [
            {"type": "image_file", "image_file": {"file_id": i}} for i, where in uploads if where == "picture"
        ]
        content: Any = text
        if pictures:
            content = [*([{"type": "text", "text": text}] if text else []), *pictures]
        message: Wire = {"role": said.role, "content": content or "Here is a file."}
        attached = [{"file_id": i, "tools": [{"type": t}]} for i, t in uploads if t != "picture"]
        return message | ({"attachments": attached} if attached else {})


def _answers(message: Any, turn: Turn) -> bool:
    """Whether a message of a thread is part of what answered this turn."""
    return message.role == "assistant" and turn.run is not None and message.run_id == turn.run.run_id


def _text(message: Any) -> str:
    return "\n".join(part.text.value for part in message.content if part.type == "text")
