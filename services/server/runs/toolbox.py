"""The built-in tools a run may call, each behind one small interface."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Protocol

from services.server.runs.memory import Memory

Shape = dict[str, Any]
Tell = Callable[[Shape], None]

BUDGET_SHARE = 8
MOST_TOKENS = 16_000
LOCAL_TOKENS = 900
"""At 45 tokens a second a small model reads so much in 20 s."""


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
    """Where a built-in tool is called: for whom, in which thread or container, with which options, before which model.

    `questions` is what the person asked, also together with what they asked before when it is short; `written` are the
    files that earlier programs wrote, by their paths.
    """

    owner: str
    place_id: str
    memory: Memory
    tool: Shape
    resources: list[Shape]
    model_context_tokens: int
    is_local: bool
    questions: list[str]
    written: dict[str, str] = field(default_factory=dict)

    @property
    def budget_tokens(self) -> int:
        """How many tokens of what a tool found the model is shown."""
        if self.is_local:
            return LOCAL_TOKENS
        return min(MOST_TOKENS, self.model_context_tokens // BUDGET_SHARE)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a tool gave: `details` for the step, `output` for the model, `private` for later prompts."""

    details: Shape
    output: str
    private: Shape = field(default_factory=dict)


class BuiltInTool(Protocol):
    """One built-in tool."""

    def begin(self, owner: str, place_id: str) -> None:
        """A run that has this tool begins in this thread or container."""
        return

    async def forget(self, owner: str, place_id: str) -> None:
        """The thread or container is deleted: nothing of it may be kept."""
        return

    def opening(self, call: ToolCall, options: Shape) -> tuple[Shape, ...]:
        """What is told of a call before it is run, under the tool's name: one delta each."""

    async def is_called_for(self, setting: Setting) -> bool:
        """Whether what the person asked plainly wants this tool, so that a small model need not decide."""

    async def run(self, call: ToolCall, setting: Setting, tell: Tell) -> Outcome:
        """Do it, and `tell` what it gives under its name as it comes. A failure the model should know of is an outcome too."""


def as_call(call: ToolCall, details: Shape | None = None) -> Shape:
    """A call as a run step shows it."""
    if call.kind == "function":
        function = {"name": call.name, "arguments": call.arguments, "output": None}
        return {"id": call.id, "type": "function", "function": function}
    return {"id": call.id, "type": call.kind, call.kind: details or {}}
