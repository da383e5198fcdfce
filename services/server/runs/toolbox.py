"""The built-in tools a run may call, each behind one small interface."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Protocol

from services.server.runs.builtin_tools import code_of

Shape = dict[str, Any]


@dataclass(frozen=True, slots=True)
class ToolCall:
    """A call as the model made it."""

    id: str
    kind: str
    name: str
    arguments: str
    index: int


@dataclass(frozen=True, slots=True)
class Setting:
    """Where a built-in tool is called: for whom, in which thread, with which options, in front of which model.

    `questions` is what the person asked, also together with what they asked before when it is short.
    """

    owner: str
    thread_id: str
    tool: Shape
    resources: list[Shape]
    model_context_tokens: int
    is_local: bool
    questions: list[str]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a tool gave: `details` for the step, `output` for the model, `private` for later prompts.

    `deltas` are told, under the tool's name, once it is done.
    """

    details: Shape
    output: str
    private: Shape = field(default_factory=dict)
    deltas: tuple[Shape, ...] = ()


class BuiltInTool(Protocol):
    """One built-in tool."""

    def opening(self, call: ToolCall, setting: Setting) -> tuple[Shape, ...]:
        """What is told of a call before it is run, under the tool's name: one delta each."""

    async def is_called_for(self, setting: Setting) -> bool:
        """Whether what the person asked plainly wants this tool, so that a small model need not decide."""

    async def run(self, call: ToolCall, setting: Setting) -> Outcome:
        """Do it. A failure that the model should know of is an outcome too."""


class Unavailable:
    """A built-in tool that this installation does not have: it says so, and the run goes on."""

    def __init__(self, name: str) -> None:
        self._name = name

    def opening(self, call: ToolCall, setting: Setting) -> tuple[Shape, ...]:
        """An empty call, then its program."""
        return {"input": "", "outputs": []}, {"input": code_of(call.arguments)}

    async def is_called_for(self, setting: Setting) -> bool:
        """Never."""
        return False

    async def run(self, call: ToolCall, setting: Setting) -> Outcome:
        """The sentence that it is not here."""
        sentence = f"{self._name} is not available on this server. Answer without it, and say so."
        logs = {"type": "logs", "logs": sentence}
        details = {"input": code_of(call.arguments), "outputs": [logs]}
        return Outcome(details, sentence, deltas=({"outputs": [{"index": 0, **logs}]},))


def as_call(call: ToolCall, details: Shape | None = None) -> Shape:
    """A call as a run step shows it."""
    if call.kind == "function":
        function = {"name": call.name, "arguments": call.arguments, "output": None}
        return {"id": call.id, "type": "function", "function": function}
    return {"id": call.id, "type": call.kind, call.kind: details or {}}
