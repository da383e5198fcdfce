"""Calls that are written: each is told in its own events, one at a time."""

from __future__ import annotations

import json
from typing import Any

import pytest

from services.errors import StreamCut
from services.server.responses.calls import Calls
from services.server.responses.log import NumberedLog
from services.server.responses.output import Output

TOOLS = [{"type": "code_interpreter"}, {"type": "function", "function": {"name": "f"}}]


class Told(NumberedLog):
    """A log that keeps what it was told."""

    def __init__(self) -> None:
        super().__init__()
        self.events: list[dict[str, Any]] = []

    def append(self, name: str, data: Any) -> None:
        self.events.append(json.loads(json.dumps(data)))
        super().append(name, data)


def begun() -> tuple[Calls, Told]:
    log = Told()
    return Calls(Output(log), TOOLS, lambda: "cntr_1"), log


def piece(index: int, arguments: str, name: str | None = None) -> dict[str, Any]:
    return {"index": index, "function": {"name": name, "arguments": arguments}}


def codes(log: Told) -> list[str]:
    return [e["delta"] for e in log.events if e["type"] == "response.code_interpreter_call_code.delta"]


def test_a_program_is_told_while_its_arguments_come() -> None:
    calls, log = begun()
    for number, fragment in enumerate(('{"co', 'de": "a = 1', "\\", 'nb = 2"', "}")):
        calls.take(piece(0, fragment, "code_interpreter" if number == 0 else None))
    assert "".join(codes(log)) == "a = 1\nb = 2" and len(codes(log)) > 1
    assert calls.begin_tool(calls.made[0]).body["code"] == "a = 1\nb = 2"
    assert "".join(codes(log)) == "a = 1\nb = 2"


def test_a_program_without_json_is_told_when_it_is_whole() -> None:
    calls, log = begun()
    calls.take(piece(0, "print(1)", "code_interpreter"))
    assert codes(log) == []
    assert calls.begin_tool(calls.made[0]).body["code"] == "print(1)"
    assert codes(log) == ["print(1)"]


def test_a_call_behind_a_tool_waits_for_its_turn() -> None:
    calls, log = begun()
    calls.take(piece(0, "{}", "code_interpreter"))
    calls.take(piece(1, '{"a":', "f"))
    calls.take(piece(1, "1}"))
    assert [e["item"]["type"] for e in log.events if "item" in e] == ["code_interpreter_call"]
    calls.end_function(calls.made[1])
    assert log.events[-1]["item"]["arguments"] == '{"a":1}'


def test_pieces_of_a_call_that_was_whole_are_an_error() -> None:
    calls, _ = begun()
    calls.take(piece(0, "{}", "f"))
    calls.take(piece(1, "{}", "f"))
    with pytest.raises(StreamCut):
        calls.take(piece(0, "more"))
