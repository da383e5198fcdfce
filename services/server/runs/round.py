"""One answer of the model in a run: text streamed into a message, or tools called, or both."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from contextlib import aclosing
from dataclasses import dataclass
from typing import Any

from services.server.runs import records, usage
from services.server.runs.builtin_tools import kind_of, options_of
from services.server.runs.citations import Piece
from services.server.runs.live import Live
from services.server.runs.models import ChatModel
from services.server.runs.toolbox import BuiltInTool, Outcome, Setting, ToolCall, as_call
from services.server.runs.writing import PartialCall, Writing, picture
from services.server.store.database import ServerDatabase
from services.server.store.ids import new_id

Shape = dict[str, Any]


async def uninterrupted(work: Coroutine[Any, Any, None]) -> None:
    """Do it to its end, also when the run is interrupted meanwhile: what has been written down must be told."""
    task = asyncio.create_task(work)
    try:
        await asyncio.shield(task)
    except asyncio.CancelledError:
        await task
        raise


async def read(
    model: ChatModel, request: Shape, take: Callable[[Shape], Awaitable[None]]
) -> tuple[str | None, Shape | None]:
    """Have the model answer, and `take` each delta of it as it comes; why it stopped, and its usage."""
    finish_reason, told = None, None
    async with aclosing(model.stream(request)) as chunks:
        async for chunk in chunks:
            told = chunk.get("usage") or told
            for choice in chunk.get("choices") or ():
                await take(choice.get("delta") or {})
                finish_reason = choice.get("finish_reason") or finish_reason
    return finish_reason, told


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
    live: Live

    @property
    def writing(self) -> Writing:
        """What is being written."""
        return self.live.writing

    async def stream(self, model: ChatModel, request: Shape) -> Answer:
        """Stream the model's answer, and tell of each piece as it comes."""
        finish_reason, told = await read(model, request, self._take)
        self._tell_text(self.writing.citer.flush())
        return Answer(self.writing.made_calls(self._tools), finish_reason, usage.from_chat(told))

    @property
    def _tools(self) -> list[Shape]:
        return list(self.live.run["tools"])

    async def _take(self, delta: Shape) -> None:
        if delta.get("content"):
            await self._open_message()
            self._tell_text(self.writing.citer.feed(delta["content"]))
        if delta.get("refusal"):
            await self._open_message()
            self.writing.refusal += delta["refusal"]
            index = len(self.writing.figures) + (1 if self.writing.has_told_text else 0)
            self._tell_message({"index": index, "type": "refusal", "refusal": delta["refusal"]})
        for piece in delta.get("tool_calls") or ():
            await self._take_call(piece)

    async def _take_call(self, piece: Shape) -> None:
        calls = self.writing.calls
        index, function = piece.get("index", len(calls)), piece.get("function") or {}
        if index not in calls:
            await self.open_tools()
            # Ids are ours: models repeat theirs, and a caller must be able to tell two calls apart.
            calls[index] = PartialCall(new_id("call_"), function.get("name") or "")
            self._tell_opening(index, calls[index])
        call = calls[index]
        fragment = function.get("arguments") or ""
        call.arguments += fragment
        if fragment and kind_of(call.name, self._tools) == "function":
            shown = {"index": index, "type": "function", "function": {"arguments": fragment}}
            self._tell_calls(shown)

    def _tell_opening(self, index: int, call: PartialCall) -> None:
        if kind_of(call.name, self._tools) != "function":
            return  # a built-in tool is told of when it starts to work
        function = {"name": call.name, "arguments": "", "output": None}
        self._tell_calls({"index": index, "id": call.id, "type": "function", "function": function})

    async def _open_message(self) -> None:
        if self.writing.message is None:
            await uninterrupted(self._begin_message())

    async def _begin_message(self) -> None:
        self.writing.message, events = await self.database.write(records.open_message, self.live.run_id)
        self.live.announce(events)
        for index, file_id in enumerate(self.writing.figures):
            self._tell_message({"index": index, **picture(file_id)})

    async def open_tools(self) -> None:
        """Begin a step of tools, unless there is one."""
        if self.writing.tools_step is None:
            await self.close_message(usage.nothing())
            await uninterrupted(self._begin_tools())

    async def _begin_tools(self) -> None:
        self.writing.tools_step, events = await self.database.write(records.open_tools, self.live.run_id)
        self.live.announce(events)

    async def close_message(self, used: Shape | None) -> None:
        """Complete the message that is open, if there is one."""
        if self.writing.message is not None:
            await uninterrupted(self._end_message(records.close_message, used))

    async def finish(self, used: Shape | None) -> None:
        """Complete the message, and with it the run. An answer without a word is an empty message."""
        await self._open_message()
        self._tell_text([*self.writing.citer.flush(), *self.writing.citer.hand_over()])
        await uninterrupted(self._end_message(records.finish, used))

    async def _end_message(self, end: Callable[..., records.Events], used: Shape | None) -> None:
        opened = self.writing.message
        assert opened is not None
        self._tell_text(self.writing.citer.flush())
        content = self.writing.content()
        self.live.announce(await self.database.write(end, self.live.run_id, opened, content, used))
        self.writing.close_message()

    async def call_built_in(
        self,
        answer: Answer,
        tools: dict[str, BuiltInTool],
        setting_for: Callable[[str], Awaitable[Setting]],
    ) -> None:
        """Run the built-in tools that were called, one after the other, and keep what they gave."""
        built_in = {p: call for p, call in enumerate(answer.calls) if call.kind != "function"}
        shown = [as_call(call) for call in answer.calls]
        openings = {p: tools[c.kind].opening(c, options_of(c.kind, self._tools)) for p, c in built_in.items()}
        for position, call in built_in.items():
            shown[position] = as_call(call, _opened(openings[position]))
        await self._keep_calls(shown, {})
        for position, call in built_in.items():
            self._tell_working(call, openings[position])
            outcome = await self._run_one(call, tools[call.kind], await setting_for(call.kind))
            shown[position] = as_call(call, outcome.details)
            private = {"arguments": call.arguments, "output": outcome.output, **outcome.private}
            await self._keep_calls(shown, {call.id: private})

    async def _keep_calls(self, shown: list[Shape], private: Shape) -> None:
        step_id = self._open_step()
        await self.database.write(records.save_calls, self.live.run_id, step_id, shown, private)

    def _tell_working(self, call: ToolCall, opening: tuple[Shape, ...]) -> None:
        named = {"id": call.id}
        for delta in opening:
            self._tell_calls({"index": call.index, **named, "type": call.kind, call.kind: delta})
            named = {}  # an id is told once: clients join what comes twice

    async def _run_one(self, call: ToolCall, tool: BuiltInTool, setting: Setting) -> Outcome:
        def tell(delta: Shape) -> None:
            self._tell_calls({"index": call.index, "type": call.kind, call.kind: delta})

        return await tool.run(call, setting, tell)

    async def close_tools(self, answer: Answer) -> bool:
        """Complete the step of tools; False when functions in it wait for the caller."""
        functions = [as_call(call) for call in answer.calls if call.kind == "function"]
        await uninterrupted(self._end_tools(functions, answer.usage))
        return not functions

    async def _end_tools(self, functions: list[Shape], used: Shape | None) -> None:
        run_id, step_id = self.live.run_id, self._open_step()
        if functions:
            events = await self.database.write(records.require_action, run_id, step_id, functions, used)
        else:
            with_content = self.live.with_content
            events = await self.database.write(
                records.close_tools, run_id, step_id, used, with_content=with_content
            )
        self.live.announce(events)
        self.writing.tools_step = None

    def _open_step(self) -> str:
        assert self.writing.tools_step is not None
        return self.writing.tools_step

    def _tell_text(self, pieces: list[Piece]) -> None:
        for piece in pieces:
            text: Shape = {"value": piece.text}
            if piece.annotation is not None:
                text["annotations"] = [piece.annotation]
            elif not self.writing.has_told_text:
                text["annotations"] = []
            self.writing.has_told_text = True
            self._tell_message({"index": len(self.writing.figures), "type": "text", "text": text})

    def _tell_message(self, part: Shape) -> None:
        assert self.writing.message is not None
        message_id, kind = self.writing.message.message_id, "thread.message.delta"
        self.live.log.append(kind, {"id": message_id, "object": kind, "delta": {"content": [part]}})

    def _tell_calls(self, call: Shape) -> None:
        details, kind = {"type": "tool_calls", "tool_calls": [call]}, "thread.run.step.delta"
        step = {"id": self.writing.tools_step, "object": kind, "delta": {"step_details": details}}
        self.live.log.append(kind, step)


def _opened(deltas: tuple[Shape, ...]) -> Shape:
    """A call that has just begun, as its step shows it."""
    return {name: value for delta in deltas for name, value in delta.items()}
