"""Turns of runs, and a person's functions, without a server."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

from components.assistant.cards import Cards
from services.functions.checks import make_function
from services.functions.function_tool import Answer, CannedAnswer, FunctionTool, TypedAnswer
from services.functions.http_operation import Credential, HttpOperation
from services.turns import (
    ApprovalNeeded,
    Message,
    Mode,
    RunChanged,
    RunState,
    StepChanged,
    ToolCall,
    ToolStep,
    Turn,
    Usage,
)

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
HTTP = HttpOperation("get", "https://a.example", "/x", credential=Credential("key", "bearer"))


def run_turn(state: RunState = "in_progress", **run: Any) -> Turn:
    """A turn whose run has this state."""
    turn = Turn("thread_1", Message("user", "?"), "m", "Local", mode=Mode.ASSISTANTS, id="turn_1")
    turn.apply(RunChanged("run_1", state, **run))
    return turn


def step(number: int, seconds: float | None = None, usage: Usage | None = None, **fields: Any) -> StepChanged:
    """A step that began at noon and took so long; one without an end goes on."""
    ended = None if seconds is None else NOON + timedelta(seconds=seconds)
    state = "in_progress" if ended is None else "completed"
    given = {"kind": "message_creation", "state": state} | fields
    return StepChanged(f"step_{number}", began_at=NOON, ended_at=ended, usage=usage, **given)


def waiting_turn(*names: str) -> Turn:
    """A turn that waits for calls of these functions."""
    turn = run_turn("requires_action")
    calls = tuple(ToolCall(f"call_{n}", name, '{"city": "Rome"}') for n, name in enumerate(names, 1))
    for call in calls:
        turn.apply(ToolStep(call, "requested"))
    turn.apply(ApprovalNeeded(calls))
    return turn


def function(name: str, answer: Answer) -> FunctionTool:
    """A function that takes anything."""
    return make_function(name, "", '{"type": "object"}', answer)


def cards() -> Cards:
    """Cards for somebody who has a function of each kind: canned, typed and web."""
    known = (
        function("canned", CannedAnswer("20°")),
        function("typed", TypedAnswer()),
        function("web", HTTP),
    )
    desk: Any = SimpleNamespace(house=SimpleNamespace(functions=SimpleNamespace(all=lambda: known)))
    return Cards(desk)
