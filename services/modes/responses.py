"""Responses: the server remembers, by a conversation or by the response before. A turn sends what is new, and no more."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from services.clients import Connection, as_app_error
from services.modes.assistants import CANCEL_TIMEOUT_S, UPSTREAM_KEY_HEADER
from services.modes.chat_completions import MAX_ROUNDS, failure
from services.modes.response_events import OVER, Picture, ResponseReader, as_usage, ending
from services.modes.response_requests import INCLUDE, ResponseRequest, request_body, request_sent
from services.modes.response_sources import Sources
from services.modes.run_events import PICTURE_GONE, REFUSED
from services.tools import base
from services.turns import (
    ApprovalNeeded,
    Citation,
    Event,
    Failed,
    ImageOutput,
    Message,
    TextDelta,
    ToolCall,
    ToolStep,
    Turn,
    Usage,
    UsageReport,
)

if TYPE_CHECKING:
    import openai
    from openai import AsyncStream
    from openai.types.responses import ResponseStreamEvent

__all__ = ["UNSAID", "ResponseRequest", "send", "unanswered"]

MAX_REJOINS = 3
UNSAID = "The person went on without an answer to this call."

Wire = dict[str, Any]


async def send(
    client: openai.AsyncOpenAI, connection: Connection, request: ResponseRequest
) -> AsyncIterator[Event]:
    """One turn: send what is new, run the tools the model calls, send their outputs, until it answers.

    Leaving early ends the response on the server too. Never raises for the other side's sake: what goes wrong there is
    a `Failed` event.
    """
    talk = _Talk(client, request, Sources(client, connection.is_local))
    try:
        async for event in talk.events():
            yield event
    except (asyncio.CancelledError, GeneratorExit):
        await talk.cancel()
        raise
    except Exception as error:
        yield failure(as_app_error(error, connection))


def unanswered(turn: Turn) -> tuple[ToolCall, ...]:
    """The function calls of a turn that never got an output: a turn that was stopped, or is waiting for approval."""
    return tuple(step.call for step in turn.tool_steps.values() if _waits(step))


def _waits(step: ToolStep) -> bool:
    return step.details is None and step.output is None and step.state in ("requested", "running")


class _Talk:
    """One turn on its way."""

    def __init__(self, client: openai.AsyncOpenAI, request: ResponseRequest, sources: Sources) -> None:
        self._client, self._request, self._sources = client, request, sources
        self._reader = ResponseReader()
        self._began, self._first_at = 0.0, 0.0
        self._rejoins = MAX_REJOINS
        self._follows = request.previous_response_id

    async def events(self) -> AsyncIterator[Event]:
        request = self._request
        if request.response_id is None:
            waiting, message = request.waiting, request.message
            if message is None and not self._may_call(waiting):
                yield ApprovalNeeded(waiting)
                return
        else:
            async for event in self._one(await self._join(request.response_id, request.starting_after)):
                yield event
            waiting, message = self._reader.pending(), None
            if not waiting:
                return
        for _ in range(MAX_ROUNDS):
            if message is None and not self._may_call(waiting):
                yield ApprovalNeeded(waiting)
                return
            outputs: list[Wire] = []
            async for step in self._answer(waiting, outputs, is_left=message is not None):
                yield step
            async for event in self._ask(outputs, message):
                yield event
            waiting, message = self._reader.pending(), None
            if not waiting:
                return
        yield Failed(
            f"The model asked for tools {MAX_ROUNDS} times without answering. Try again, or switch some tools off.",
            True,
        )

    async def cancel(self) -> None:
        """A response in the background would go on without us; any other ends with its connection."""
        response = self._reader.response
        if response.get("background") and response.get("status") not in OVER:
            with suppress(Exception):
                await asyncio.wait_for(self._client.responses.cancel(response["id"]), CANCEL_TIMEOUT_S)

    def _may_call(self, calls: tuple[ToolCall, ...]) -> bool:
        return not self._request.approve_tools or all(call.id in self._request.decisions for call in calls)

    async def _ask(self, outputs: list[Wire], message: Message | None) -> AsyncIterator[Event]:
        body = request_body(self._request, outputs, message, self._follows)
        yield await asyncio.to_thread(request_sent, self._request, body, outputs, message)
        self._reader = ResponseReader()
        stream = await self._create(body)
        async for event in self._one(stream):
            yield event

    async def _create(self, body: Wire) -> AsyncStream[ResponseStreamEvent]:
        self._began, self._first_at = time.perf_counter(), 0.0
        rest = {name: value for name, value in body.items() if name != "stream"}
        key = self._request.upstream_key
        headers = {UPSTREAM_KEY_HEADER: key} if key else None
        create: Any = self._client.responses.create  # everything goes in `extra_body`, as it is written down
        stream: AsyncStream[ResponseStreamEvent] = await create(
            stream=True, extra_body=rest, extra_headers=headers
        )
        return stream

    async def _join(self, response_id: str, after: int | None) -> AsyncStream[ResponseStreamEvent]:
        self._began = self._began or time.perf_counter()
        position: dict[str, Any] = {} if after is None else {"starting_after": after}
        include = [INCLUDE[name] for name in self._built_in() if name in INCLUDE]
        retrieve: Any = self._client.responses.retrieve
        stream: AsyncStream[ResponseStreamEvent] = await retrieve(
            response_id, stream=True, include=include, **position
        )
        return stream

    def _built_in(self) -> list[str]:
        return [str(tool["type"]) for tool in self._request.built_in]

    async def _one(self, stream: AsyncStream[ResponseStreamEvent]) -> AsyncIterator[Event]:
        """One response to its end. What broke off and goes on in the background is joined again."""
        while True:
            try:
                async for event in self._read(stream):
                    yield event
                break
            except Exception as error:
                if not self._goes_on(error):
                    raise
                self._rejoins -= 1
                stream = await self._join(self._reader.response["id"], self._reader.last_number)
        for event in self._end():
            yield event
        self._follows = self._reader.response.get("id") or self._follows

    def _goes_on(self, error: Exception) -> bool:
        import httpx2
        import openai

        is_cut = isinstance(error, (openai.APIConnectionError, httpx2.TransportError))
        return is_cut and bool(self._reader.response.get("background")) and self._rejoins > 0

    async def _read(self, stream: AsyncStream[ResponseStreamEvent]) -> AsyncIterator[Event]:
        async with stream:
            async for told in stream:
                for event in self._reader.feed(told.to_dict()):
                    if isinstance(event, (TextDelta, ToolStep)):
                        self._first_at = self._first_at or time.perf_counter()
                    yield await self._whole(event)

    async def _whole(self, event: Event | Picture) -> Event:
        """The event with what has to be asked for: the bytes of a picture, the place of a citation in its file."""
        if isinstance(event, Picture):
            return await self._picture(event)
        if isinstance(event, Citation):
            reader = self._reader
            return await self._sources.completed(event, reader.response.get("id") or "", reader.cited_at)
        return event

    async def _picture(self, picture: Picture) -> ImageOutput | TextDelta:
        from openai import NotFoundError

        try:
            content = await self._client.containers.files.content.retrieve(
                picture.file_id, container_id=picture.container_id
            )
        except NotFoundError:
            self._reader.wrote(PICTURE_GONE)
            return TextDelta(PICTURE_GONE)
        media_type = content.response.headers.get("content-type", "")
        is_told = media_type.startswith("image/")
        return ImageOutput(
            picture.filename or picture.file_id,
            media_type if is_told else "image/png",
            await content.aread(),
        )

    async def _answer(
        self, calls: tuple[ToolCall, ...], outputs: list[Wire], *, is_left: bool
    ) -> AsyncIterator[ToolStep]:
        """Run the calls; those of a turn that the person left behind get a sentence instead."""
        for call in calls:
            if is_left:
                step = ToolStep(call, "refused", UNSAID)
            elif self._request.approve_tools and not self._request.decisions.get(call.id):
                step = ToolStep(call, "refused", REFUSED)
            else:
                yield ToolStep(call, "running")
                step = await self._run(call)
            outputs.append({"type": "function_call_output", "call_id": call.id, "output": step.output})
            if not is_left:
                yield step

    async def _run(self, call: ToolCall) -> ToolStep:
        tool = next((tool for tool in self._request.tools if tool.name == call.name), None)
        if tool is None:
            return ToolStep(call, "failed", f"There is no tool named {call.name!r}.")
        result = await asyncio.to_thread(base.call, tool, call.arguments)
        return ToolStep(call, "completed" if result.ok else "failed", result.text)

    def _end(self) -> list[Event]:
        response = self._reader.response
        end = ending(response)
        if end is None:
            goes_on = " It goes on; open the conversation again." if response.get("background") else ""
            return [Failed(f"The connection to the response broke off.{goes_on}", True)]
        usage = as_usage(response.get("usage"))
        if usage is None and isinstance(end, Failed):
            return [end]  # nothing was counted, and a failure is entered in the ledger anyway
        report = UsageReport(
            response.get("model") or self._request.model,
            usage or Usage(),
            self._first_at - self._began if self._first_at else None,
            time.perf_counter() - self._began,
            local=self._request.is_local,
        )
        return [report] if self._reader.pending() else [report, end]
