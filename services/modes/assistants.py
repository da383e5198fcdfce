"""Assistants: the server remembers. A turn is two short requests, the message and the run; the rest is already there."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

from services import tokens
from services.clients import Connection, as_app_error
from services.modes.chat_completions import failure
from services.modes.run_events import PICTURE_GONE, RESULTS, Picture, RunReader, as_usage, ending
from services.modes.sizes import body_size_bytes
from services.turns import (
    ApprovalNeeded,
    Event,
    Failed,
    ImageOutput,
    RequestSent,
    TextDelta,
    ToolCall,
    ToolState,
    ToolStep,
    Usage,
    UsageReport,
)

if TYPE_CHECKING:
    import openai
    from openai import AsyncStream
    from openai.types.beta import AssistantStreamEvent
    from openai.types.beta.threads.run_submit_tool_outputs_params import ToolOutput

CANCEL_TIMEOUT_S = 5.0
UPSTREAM_KEY_HEADER = "x-tandem-upstream-key"


@dataclass(frozen=True, slots=True)
class Answer:
    """What a function gave, and how its call ended."""

    state: ToolState
    output: str


class CallsFunctions(Protocol):
    """The functions of the client's side."""

    def may_call(self, call: ToolCall) -> bool:
        """Whether the call may be made, or refused, without asking the person first."""

    async def call(self, call: ToolCall) -> Answer:
        """Make the call. Never raises for the function's sake."""


@dataclass(frozen=True, slots=True)
class RunRequest:
    """One turn in a thread. `message` is what to add to it, as the API spells a message; None joins the run `run_id`.

    `parameters` override the assistant for this run. `upstream_key` was typed in the browser and travels with the run.
    """

    thread_id: str
    assistant_id: str
    model: str
    is_local: bool
    message: Mapping[str, Any] | None = None
    run_id: str | None = None
    parameters: Mapping[str, Any] = field(default_factory=dict)
    upstream_key: str = field(default="", repr=False)


async def send(
    client: openai.AsyncOpenAI, connection: Connection, request: RunRequest, functions: CallsFunctions
) -> AsyncIterator[Event]:
    """One turn: add the message, run the thread, answer the functions the model calls, until the run is over.

    Leaving early cancels the run. Never raises for the other side's sake: what goes wrong there is a `Failed` event.
    """
    talk = _Talk(client, request, functions)
    try:
        async for event in talk.events():
            yield event
    except (asyncio.CancelledError, GeneratorExit):
        await talk.cancel()
        raise
    except Exception as error:
        yield failure(as_app_error(error, connection))


class _Talk:
    """One turn on its way."""

    def __init__(self, client: openai.AsyncOpenAI, request: RunRequest, functions: CallsFunctions) -> None:
        self._client, self._request, self._functions = client, request, functions
        self._reader = RunReader()
        self._began, self._first_at = time.perf_counter(), 0.0
        self._has_asked = False

    async def events(self) -> AsyncIterator[Event]:
        sent, stream = await self._begin()
        for request in sent:
            yield request
        while True:
            async for event in self._read(stream):
                yield event
            pending = self._reader.pending()
            if not pending:
                break
            if not all(self._functions.may_call(call) for call in pending):
                yield ApprovalNeeded(pending)
                return
            outputs: list[ToolOutput] = []
            async for event in self._answer(pending, outputs):
                yield event
            request, stream = await self._submit(outputs)
            yield request
        for event in self._end():
            yield event

    async def cancel(self) -> None:
        """Ask the server to end the run: it would go on without us."""
        with suppress(Exception):
            await asyncio.wait_for(self._cancel(), CANCEL_TIMEOUT_S)

    async def _cancel(self) -> None:
        run_id = self._reader.run.get("id") or self._request.run_id or await self._unheard_of()
        if run_id is not None:
            await self._client.beta.threads.runs.cancel(run_id, thread_id=self._request.thread_id)

    async def _unheard_of(self) -> str | None:
        """The run that was asked for and begins, though nothing of it has come back."""
        if not self._has_asked:
            return None
        runs = await self._client.beta.threads.runs.list(self._request.thread_id, limit=1)
        return next((run.id for run in runs.data if run.status in ("queued", "in_progress")), None)

    async def _begin(self) -> tuple[list[RequestSent], AsyncStream[AssistantStreamEvent]]:
        request, threads = self._request, self._client.beta.threads
        if request.run_id is not None:
            return [], await self._join(request.run_id)
        sent = []
        if request.message is not None:
            await threads.messages.create(request.thread_id, **request.message)
            said = [_text(request.message["content"])]
            sent.append(_sent(f"/threads/{request.thread_id}/messages", request.message, said))
        body = {"assistant_id": request.assistant_id, **request.parameters}
        self._has_asked = True
        stream = await threads.runs.create(
            request.thread_id,
            **body,
            stream=True,
            include=RESULTS,
            extra_headers=self._key(),
        )
        return [*sent, _sent(f"/threads/{request.thread_id}/runs", {**body, "stream": True})], stream

    async def _join(self, run_id: str) -> AsyncStream[AssistantStreamEvent]:
        """The run's events from its first on, however long ago that was."""
        from openai import AsyncStream
        from openai.types.beta import AssistantStreamEvent

        path = f"/threads/{self._request.thread_id}/runs/{run_id}/events"
        # A union of types, which the SDK takes and its annotations do not.
        cast_to: Any = AssistantStreamEvent
        stream_cls: Any = AsyncStream[AssistantStreamEvent]
        stream: AsyncStream[AssistantStreamEvent] = await self._client.get(
            path, cast_to=cast_to, stream=True, stream_cls=stream_cls
        )
        return stream

    async def _read(self, stream: AsyncStream[AssistantStreamEvent]) -> AsyncIterator[Event]:
        async with stream:
            async for told in stream:
                for event in self._reader.feed(told.event, told.data.to_dict()):
                    if isinstance(event, (TextDelta, ToolStep)):
                        self._first_at = self._first_at or time.perf_counter()
                    yield await self._picture(event) if isinstance(event, Picture) else event

    async def _picture(self, picture: Picture) -> ImageOutput | TextDelta:
        from openai import NotFoundError

        try:
            content = await self._client.files.content(picture.file_id)
        except NotFoundError:
            return TextDelta(PICTURE_GONE)
        media_type = content.response.headers.get("content-type", "")
        is_told = media_type.startswith("image/")
        return ImageOutput(picture.file_id, media_type if is_told else "image/png", await content.aread())

    async def _answer(
        self, pending: tuple[ToolCall, ...], outputs: list[ToolOutput]
    ) -> AsyncIterator[ToolStep]:
        for call in pending:
            yield ToolStep(call, "running")
            answer = await self._functions.call(call)
            outputs.append({"tool_call_id": call.id, "output": answer.output})
            yield ToolStep(call, answer.state, answer.output)

    async def _submit(
        self, outputs: list[ToolOutput]
    ) -> tuple[RequestSent, AsyncStream[AssistantStreamEvent]]:
        thread_id, run_id = self._request.thread_id, self._reader.run["id"]
        self._reader.run["required_action"] = None  # answered: it is not asked for twice
        stream = await self._client.beta.threads.runs.submit_tool_outputs(
            run_id, thread_id=thread_id, tool_outputs=outputs, stream=True, extra_headers=self._key()
        )
        body = {"tool_outputs": outputs, "stream": True}
        given = [str(output.get("output") or "") for output in outputs]
        return _sent(f"/threads/{thread_id}/runs/{run_id}/submit_tool_outputs", body, given), stream

    def _key(self) -> dict[str, str] | None:
        """The key of this browser session; a server that was restarted has it no more."""
        return {UPSTREAM_KEY_HEADER: self._request.upstream_key} if self._request.upstream_key else None

    def _end(self) -> list[Event]:
        run = self._reader.run
        end = ending(run) if run else None
        if end is None:
            return [Failed("The connection to the run broke off. It goes on; open the thread again.", True)]
        usage = as_usage(run.get("usage"))
        if usage is None and isinstance(end, Failed):
            return [end]  # nothing was counted, and a failure is entered in the ledger anyway
        ttft_s = self._first_at - self._began if self._first_at else None
        answered_by = run.get("model") or self._request.model
        took_s = time.perf_counter() - self._began
        return [
            UsageReport(answered_by, usage or Usage(), ttft_s, took_s, local=self._request.is_local),
            end,
        ]


def _sent(path: str, body: Mapping[str, Any], texts: Sequence[str] = ()) -> RequestSent:
    """A request with the texts in it that a model will read."""
    count = sum(tokens.count(text) + tokens.TOKENS_PER_MESSAGE for text in texts)
    return RequestSent("POST", path, body_size_bytes(body), len(texts), count)


def _text(content: Any) -> str:
    """The words of a message's content; its pictures lie on the server already."""
    if isinstance(content, str):
        return content
    return "\n".join(part["text"] for part in content if part["type"] == "text")
