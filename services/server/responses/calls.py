"""The calls of one answer being written: functions for the client, built-in tools for us, each told in its own events."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from pydantic_core import from_json

from services.errors import StreamCut
from services.server.responses.output import Output, Written
from services.server.runs.builtin_tools import CODE_INTERPRETER, FILE_SEARCH, code_of, kind_of
from services.server.runs.toolbox import ToolCall
from services.server.store.ids import new_id

Shape = dict[str, Any]

MIXED = "The upstream mixed the pieces of several calls. Try again."


@dataclass(slots=True)
class Call:
    """A call as far as it has come, and its item once it has one. `told` is how much of its program was told."""

    id: str
    kind: str
    name: str
    arguments: str = ""
    item: Written | None = None
    told: str = ""

    def as_made(self, index: int) -> ToolCall:
        """The call as a tool takes it."""
        return ToolCall(self.id, self.kind, self.name, self.arguments or "{}", index)


@dataclass(slots=True)
class Calls:
    """The calls of one answer, in order.

    One is told at a time: a call behind a built-in tool, which works only when the answer is whole, waits for its turn.
    `container_id` says where a program will run.
    """

    output: Output
    tools: list[Shape]
    container_id: Callable[[], str]
    made: list[Call] = field(default_factory=list)
    by_index: dict[int, Call] = field(default_factory=dict)

    def take(self, piece: Shape) -> bool:
        """Go on with a call; whether it is a new one."""
        index, function = piece.get("index", len(self.made)), piece.get("function") or {}
        is_new = index not in self.by_index
        if is_new:
            self._begin(index, function.get("name") or "")
        call = self.by_index[index]
        fragment = function.get("arguments") or ""
        if fragment and call.item is not None and call.item.is_done:
            raise StreamCut(MIXED)
        call.arguments += fragment
        if fragment and call.item is not None:
            self._tell_fragment(call, fragment)
        return is_new

    def add(self, made: ToolCall) -> None:
        """A call that was made for the model."""
        call = Call(made.id, made.kind, made.name, made.arguments)
        self.by_index[len(self.made)] = call
        self.made.append(call)

    def end_function(self, call: Call) -> None:
        """A function call is whole."""
        item = self.open(call)
        if not item.body["arguments"]:
            item.body["arguments"] = call.arguments or "{}"
        self.output.tell("function_call_arguments.done", item, arguments=item.body["arguments"])
        self.output.close(item)

    def open(self, call: Call) -> Written:
        """The item of a call, begun now if it has none."""
        if call.item is None:
            call.item = self.output.open(self._body(call))
            if call.kind != "function":
                self.output.tell(f"{call.kind}_call.in_progress", call.item)
            if call.arguments:
                self._tell_fragment(call, call.arguments)
        return call.item

    def _begin(self, index: int, name: str) -> None:
        before = self.made[-1] if self.made else None
        # Ids are ours: models repeat theirs, and a client must be able to tell two calls apart.
        call = Call(new_id("call_"), kind_of(name, self.tools), name)
        self.by_index[index] = call
        self.made.append(call)
        if before is not None and before.item is not None and before.kind == "function":
            self.end_function(before)
        if before is None or (before.item is not None and before.item.is_done):
            self.open(call)

    def _body(self, call: Call) -> Shape:
        match call.kind:
            case "file_search":
                body: Shape = {
                    "id": new_id("fs_"),
                    "type": "file_search_call",
                    "queries": [],
                    "results": None,
                }
            case "code_interpreter":
                body = {"id": new_id("ci_"), "type": "code_interpreter_call", "code": "", "outputs": None}
                body["container_id"] = self.container_id()
            case _:
                body = {"id": new_id("fc_"), "type": "function_call", "call_id": call.id}
                body |= {"name": call.name, "arguments": ""}
        return {**body, "status": "in_progress"}

    def _tell_fragment(self, call: Call, fragment: str) -> None:
        assert call.item is not None
        if call.kind == "function":
            call.item.body["arguments"] += fragment
            self.output.tell("function_call_arguments.delta", call.item, delta=fragment)
        elif call.kind == CODE_INTERPRETER:
            self._tell_code(call, _code_so_far(call.arguments))

    def _tell_code(self, call: Call, code: str) -> None:
        """Tell what has come of a program. One that turns out different in the end is told by its `done` alone."""
        assert call.item is not None
        if code.startswith(call.told) and len(code) > len(call.told):
            delta, call.told = code[len(call.told) :], code
            call.item.body["code"] = code
            self.output.tell("code_interpreter_call_code.delta", call.item, delta=delta)

    def begin_tool(self, call: Call) -> Written:
        """A built-in tool begins to work."""
        item = self.open(call)
        if call.kind == FILE_SEARCH:
            self.output.tell("file_search_call.searching", item)
            return item
        code = code_of(call.arguments)
        self._tell_code(call, code)
        item.body["code"] = code
        self.output.tell("code_interpreter_call_code.done", item, code=code)
        self.output.tell("code_interpreter_call.interpreting", item)
        return item


def _code_so_far(arguments: str) -> str:
    """The program in arguments that are not whole yet."""
    try:
        parsed = from_json(arguments, allow_partial="trailing-strings")
    except ValueError:
        return ""
    code = parsed.get("code") if isinstance(parsed, dict) else None
    return code if isinstance(code, str) else ""
