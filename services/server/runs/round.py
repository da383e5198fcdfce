"""One answer of the model in a run: text streamed into a message, or tools called, or both."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from contextlib import aclosing
from dataclasses import dataclass, field
from typing import Any

from services.server.runs import records, usage
from services.server.runs.builtin_tools import kind_of
from services.server.runs.citations import Citer
from services.server.runs.events import EventLog
from services.server.runs.models import ChatModel
from services.server.runs.records import Events, OpenMessage
from services.server.runs.toolbox import BuiltInTool, Outcome, Setting, ToolCall, as_call
from services.server.store.database import ServerDatabase
from services.server.store.ids import new_id

Shape = dict[str, Any]


@dataclass(slots=True)
class PartialCall:
    """A call that is still being written."""

    id: str
    name: str
    arguments: str = ""


@dataclass(slots=True)
class Writing:
    """What the run is writing just now: its open message, as far as it has come, and its open step of tools."""

    message: OpenMessage | None = None
    tools_step: str | None = None
    citer: Citer = field(default_factory=Citer)
    refusal: str = ""
    has_told_text: bool = False

    def content(self) -> list[Shape]:
        """The open message's content."""
        refused = [{"type": "refusal", "refusal": self.refusal}] if self.refusal else []
        return [*self.citer.content(), *refused]


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of it: the calls made, why the model stopped, and its usage."""

    calls: list[ToolCall]
    finish_reason: str | None
    usage: Shape | None


@dataclass(slots=True)
class Round:
    """Writes one answer into the record and the log of a run."""

    database: ServerDatabase
    log: EventLog
    run: Shape
    writing: Writing
    with_content: bool

    async def stream(self, model: ChatModel, request: Shape) -> Answer:
        """Stream the model's answer, and tell of each piece as it comes."""
        calls: dict[int, PartialCall] = {}
        finish_reason, told = None, None
        async with aclosing(model.stream(request)) as chunks:
            async for chunk in chunks:
                told = chunk.get("usage") or told
                for choice in chunk.get("choices") or ():
                    await self._take(choice.get("delta") or {}, calls)
                    finish_reason = choice.get("finish_reason") or finish_reason
        self._tell_text(self.writing.citer.flush())
        made = [self._whole(index, call) for index, call in sorted(calls.items())]
        return Answer(made, finish_reason, usage.from_chat(told))

    async def _take(self, delta: Shape, calls: dict[int, PartialCall]) -> None:
        if delta.get("content"):
            await self._open_message()
            self._tell_text(self.writing.citer.feed(delta["content"]))
        if delta.get("refusal"):
            await self._open_message()
            self.writing.refusal += delta["refusal"]
            index = 1 if self.writing.has_told_text else 0
            self._tell_message({"index": index, "type": "refusal", "refusal": delta["refusal"]})
        for piece in delta.get("tool_calls") or ():
            await self._take_call(piece, calls)

    async def _take_call(self, piece: Shape, calls: dict[int, PartialCall]) -> None:
        index, function = piece.get("index", len(calls)), piece.get("function") or {}
        if index not in calls:
            await self.open_tools()
            # Ids are ours: models repeat theirs, and a caller must be able to tell two calls apart.
            calls[index] = PartialCall(new_id("call_"), function.get("name") or "")
            self._tell_opening(index, calls[index])
        call = calls[index]
        fragment = function.get("arguments") or ""
        call.arguments += fragment
        if fragment and kind_of(call.name, self.run["tools"]) == "function":
            shown = {"index": index, "type": "function", "function": {"arguments": fragment}}
            self._tell_calls(shown)

    def _tell_opening(self, index: int, call: PartialCall) -> None:
        if kind_of(call.name, self.run["tools"]) != "function":
            return  # a built-in tool is told of when it starts to work
        function = {"name": call.name, "arguments": "", "output": None}
        self._tell_calls({"index": index, "id": call.id, "type": "function", "function": function})

    def _whole(self, index: int, call: PartialCall) -> ToolCall:
        kind = kind_of(call.name, self.run["tools"])
        return ToolCall(call.id, kind, call.name, call.arguments or "{}", index)

    async def _open_message(self) -> None:
        if self.writing.message is None:
            self.writing.message, events = await self.database.write(records.open_message, self.run["id"])
            self.announce(events)

    async def open_tools(self) -> None:
        """Begin a step of tools, unless there is one."""
        if self.writing.tools_step is not None:
            return
        await self.close_message(usage.nothing())
        self.writing.tools_step, events = await self.database.write(records.open_tools, self.run["id"])
        self.announce(events)

    async def close_message(self, used: Shape | None) -> None:
        """Complete the message that is open, if there is one."""
        opened = self.writing.message
        if opened is None:
            return
        self._tell_text(self.writing.citer.flush())
        content = self.writing.content()
        self.announce(await self.database.write(records.close_message, self.run["id"], opened, content, used))
        self.writing.message = None

    async def finish(self, used: Shape | None) -> None:
        """Complete the message, and with it the run. An answer without a word is an empty message."""
        await self._open_message()
        assert self.writing.message is not None
        content = self.writing.content()
        finished = self.database.write(records.finish, self.run["id"], self.writing.message, content, used)
        self.announce(await finished)
        self.writing.message = None

    async def call_built_in(
        self,
        answer: Answer,
        tools: dict[str, BuiltInTool],
        setting_for: Callable[[ToolCall], Awaitable[Setting]],
    ) -> None:
        """Run the built-in tools that were called, one after the other, and keep what they gave."""
        step_id = self.writing.tools_step
        assert step_id is not None
        shown = [as_call(call) for call in answer.calls]
        await self.database.write(records.save_calls, self.run["id"], step_id, shown, {})
        for call in answer.calls:
            if call.kind == "function":
                continue
            outcome = await self._run_one(call, tools[call.kind], await setting_for(call))
            shown[answer.calls.index(call)] = as_call(call, outcome.details)
            private = {call.id: {"arguments": call.arguments, "output": outcome.output, **outcome.private}}
            await self.database.write(records.save_calls, self.run["id"], step_id, shown, private)

    async def _run_one(self, call: ToolCall, tool: BuiltInTool, setting: Setting) -> Outcome:
        named = {"id": call.id}
        for delta in tool.opening(call, setting):
            self._tell_calls({"index": call.index, **named, "type": call.kind, call.kind: delta})
            named = {}  # an id is told once: clients join what comes twice
        outcome = await tool.run(call, setting)
        for delta in outcome.deltas:
            self._tell_calls({"index": call.index, "type": call.kind, call.kind: delta})
        return outcome

    async def close_tools(self, answer: Answer) -> bool:
        """Complete the step of tools; False when functions in it wait for the caller."""
        step_id, functions = self.writing.tools_step, [c for c in answer.calls if c.kind == "function"]
        assert step_id is not None
        self.writing.tools_step = None
        if functions:
            waiting = [as_call(call) for call in functions]
            self.announce(
                await self.database.write(
                    records.require_action, self.run["id"], step_id, waiting, answer.usage
                )
            )
            return False
        closing = self.database.write(
            records.close_tools, self.run["id"], step_id, answer.usage, with_content=self.with_content
        )
        self.announce(await closing)
        return True

    def announce(self, events: Events) -> None:
        """Tell what has been written down."""
        for name, wire in events:
            self.log.append(name, wire)

    def _tell_text(self, pieces: list[Any]) -> None:
        for piece in pieces:
            text: Shape = {"value": piece.text}
            if piece.annotation is not None:
                text["annotations"] = [piece.annotation]
            elif not self.writing.has_told_text:
                text["annotations"] = []
            self.writing.has_told_text = True
            self._tell_message({"index": 0, "type": "text", "text": text})

    def _tell_message(self, part: Shape) -> None:
        assert self.writing.message is not None
        delta = {
            "id": self.writing.message.message_id,
            "object": "thread.message.delta",
            "delta": {"content": [part]},
        }
        self.log.append("thread.message.delta", delta)

    def _tell_calls(self, call: Shape) -> None:
        details = {"type": "tool_calls", "tool_calls": [call]}
        delta = {
            "id": self.writing.tools_step,
            "object": "thread.run.step.delta",
            "delta": {"step_details": details},
        }
        self.log.append("thread.run.step.delta", delta)
