"""Chat Completions: the server remembers nothing, so every request carries the whole history."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from services import tokens
from services.clients import Connection, as_app_error
from services.documents.attachments import as_content_parts
from services.errors import AppError
from services.modes.sizes import body_size_bytes
from services.modes.trimming import trim
from services.tools import base
from services.tools.base import Tool, definition
from services.turns import (
    ApprovalNeeded,
    Event,
    Failed,
    Finished,
    Message,
    RequestSent,
    TextDelta,
    ToolCall,
    ToolStep,
    UsageReport,
)
from services.turns import Usage as TurnUsage

if TYPE_CHECKING:
    import openai
    from openai.types import CompletionUsage
    from openai.types.chat import ChatCompletionChunk

PATH = "/chat/completions"
MAX_ROUNDS = 6


@dataclass(frozen=True, slots=True)
class ChatRequest:
    """Everything one turn needs: the conversation so far and how to send it.

    `messages` ends with the user's message, or with the model's unanswered tool calls when a turn goes
    on after approval; `decisions` then says for each call id whether it may run.
    """

    model: str
    messages: tuple[Message, ...]
    system_prompt: str = ""
    parameters: Mapping[str, Any] = field(default_factory=dict)
    tools: tuple[Tool, ...] = ()
    response_format: Mapping[str, Any] | None = None
    context_tokens: int | None = None
    sees_images: bool = False
    approve_tools: bool = False
    decisions: Mapping[str, bool] = field(default_factory=dict)


async def send(
    client: openai.AsyncOpenAI, connection: Connection, request: ChatRequest
) -> AsyncIterator[Event]:
    """One turn: ask, run the tools the model calls, ask again with their results, until it answers.

    Never raises for the other side's sake: what goes wrong there is a `Failed` event.
    """
    messages = list(request.messages)
    try:
        for _ in range(MAX_ROUNDS):
            pending = _unanswered(messages)
            if pending and request.approve_tools and not all(c.id in request.decisions for c in pending):
                yield ApprovalNeeded(pending)
                return
            for call in pending:
                async for step in _use_tool(call, request):
                    if step.output is not None:
                        messages.append(Message("tool", step.output, tool_call_id=call.id))
                    yield step
            reply = Reply()
            async for event in _ask(client, request, messages, reply):
                yield event
            if not reply.calls:
                yield Finished(reply.finish_reason or "stop")
                return
            messages.append(Message("assistant", reply.text, tool_calls=tuple(reply.calls)))
            for call in reply.calls:
                yield ToolStep(call, "requested")
        yield Failed(
            f"The model asked for tools {MAX_ROUNDS} times without answering. Try again, or switch some tools off.",
            True,
        )
    except Exception as error:
        yield failure(as_app_error(error, connection))


def failure(error: AppError) -> Failed:
    """An error as the last event of a turn."""
    return Failed(error.user_message, error.retryable, error.code)


@dataclass(slots=True)
class Reply:
    """The model's answer to one request while its pieces arrive."""

    text: str = ""
    calls: list[ToolCall] = field(default_factory=list)
    finish_reason: str | None = None
    model: str = ""
    usage: CompletionUsage | None = None
    first_at: float | None = None

    def add(self, chunk: ChatCompletionChunk) -> str:
        """Take one chunk in and return the text it brought."""
        self.model = chunk.model or self.model
        self.usage = chunk.usage or self.usage
        if not chunk.choices:
            return ""
        choice = chunk.choices[0]
        self.finish_reason = choice.finish_reason or self.finish_reason
        if self.first_at is None and (choice.delta.content or choice.delta.tool_calls):
            self.first_at = time.perf_counter()
        for piece in choice.delta.tool_calls or ():
            self._add_call(piece.index, piece.id, piece.function)
        text = choice.delta.content or choice.delta.refusal or ""
        self.text += text
        return text

    def _add_call(self, index: int, call_id: str | None, function: Any) -> None:
        while len(self.calls) <= index:
            self.calls.append(ToolCall("", "", ""))
        call = self.calls[index]
        name, arguments = (function.name or "", function.arguments or "") if function else ("", "")
        self.calls[index] = ToolCall(call_id or call.id, call.name + name, call.arguments + arguments)


async def _ask(
    client: openai.AsyncOpenAI, request: ChatRequest, messages: list[Message], reply: Reply
) -> AsyncIterator[Event]:
    kept, trimmed = await asyncio.to_thread(trim, messages, request)
    body = request_body(request, kept)
    size_bytes = body_size_bytes(body)
    system = [Message("system", request.system_prompt)] if request.system_prompt else []
    tools = [definition(tool) for tool in request.tools]
    estimate = await asyncio.to_thread(tokens.count_messages, [*system, *kept], request.model, tools)
    yield RequestSent("POST", PATH, size_bytes, len(body["messages"]), estimate, trimmed)
    started = time.perf_counter()
    stream = await client.chat.completions.create(**body)
    async with stream:
        async for chunk in stream:
            if text := reply.add(chunk):
                yield TextDelta(text)
    ttft_s = reply.first_at - started if reply.first_at is not None else None
    yield UsageReport(
        reply.model or request.model, as_usage(reply.usage), ttft_s, time.perf_counter() - started
    )


def request_body(request: ChatRequest, messages: list[Message]) -> dict[str, Any]:
    """The JSON body of a streamed request: parameters, and the history the model is to see."""
    system = [{"role": "system", "content": request.system_prompt}] if request.system_prompt else []
    body: dict[str, Any] = {
        "model": request.model,
        "messages": system + [as_wire(m, sees_images=request.sees_images) for m in messages],
        "stream": True,
        "stream_options": {"include_usage": True},
        **request.parameters,
    }
    if request.tools:
        body["tools"] = [definition(tool) for tool in request.tools]
    if request.response_format:
        body["response_format"] = dict(request.response_format)
    return body


def as_wire(message: Message, *, sees_images: bool) -> dict[str, Any]:
    """A message as Chat Completions spells it."""
    if message.role == "tool":
        return {"role": "tool", "tool_call_id": message.tool_call_id, "content": message.content}
    wire: dict[str, Any] = {
        "role": message.role,
        "content": as_content_parts(message, sees_images=sees_images),
    }
    if message.tool_calls:
        wire["content"] = message.content or None
        wire["tool_calls"] = [
            {"id": c.id, "type": "function", "function": {"name": c.name, "arguments": c.arguments}}
            for c in message.tool_calls
        ]
    return wire


def as_usage(usage: CompletionUsage | None) -> TurnUsage:
    """The server's token counts; what it did not say stays None."""
    if usage is None:
        return TurnUsage()
    prompt, completion = usage.prompt_tokens_details, usage.completion_tokens_details
    return TurnUsage(
        prompt_tokens=usage.prompt_tokens,
        completion_tokens=usage.completion_tokens,
        cached_tokens=getattr(prompt, "cached_tokens", None),
        cache_write_tokens=getattr(prompt, "cache_write_tokens", None),
        reasoning_tokens=getattr(completion, "reasoning_tokens", None),
    )


def _unanswered(messages: list[Message]) -> tuple[ToolCall, ...]:
    answered = {m.tool_call_id for m in messages if m.role == "tool"}
    calls = next((m.tool_calls for m in reversed(messages) if m.role == "assistant"), ())
    return tuple(c for c in calls if c.id not in answered) if messages[-1].role != "user" else ()


async def _use_tool(call: ToolCall, request: ChatRequest) -> AsyncIterator[ToolStep]:
    if request.approve_tools and not request.decisions.get(call.id):
        yield ToolStep(call, "refused", "The person did not allow this call.")
        return
    tool = next((t for t in request.tools if t.name == call.name), None)
    if tool is None:
        yield ToolStep(call, "failed", f"There is no tool named {call.name!r}.")
        return
    yield ToolStep(call, "running")
    result = await asyncio.to_thread(base.call, tool, call.arguments)
    yield ToolStep(call, "completed" if result.ok else "failed", result.text)
