"""The functions of a turn: which of them the run may call now, and what they answer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from services.functions.calling import call as call_function
from services.functions.function_tool import FunctionTool
from services.functions.http_operation import HttpOperation
from services.functions.results import shorten
from services.modes.assistants import Answer
from services.modes.run_events import FAILED_OUTPUT, REFUSED
from services.turns import ToolCall


@dataclass(frozen=True, slots=True)
class Decision:
    """What the person decided on one call. `arguments` replace the model's, `typed` is their own answer."""

    allowed: bool
    arguments: str | None = None
    typed: str | None = None


@dataclass(frozen=True, slots=True)
class Functions:
    """The person's functions by name, what they decided so far by call id, and the keys of this browser session."""

    known: Sequence[FunctionTool]
    decisions: Mapping[str, Decision] = field(default_factory=dict)
    secrets: Mapping[str, str] = field(default_factory=dict, repr=False)

    def may_call(self, call: ToolCall) -> bool:
        """Whether nobody has to be asked: it was decided, or its function asks nobody and is answered by itself."""
        function = self._function(call.name)
        if call.id in self.decisions or function is None:
            return call.id in self.decisions
        return not function.needs_approval and function.kind != "typed"

    async def call(self, call: ToolCall) -> Answer:
        """Make the call, or say that it is refused."""
        function, decision = self._function(call.name), self.decisions.get(call.id, Decision(allowed=True))
        if not decision.allowed:
            return Answer("refused", REFUSED)
        if function is None:
            return self._by_hand(call, decision)
        output = await call_function(
            function,
            call.arguments if decision.arguments is None else decision.arguments,
            typed=decision.typed,
            secret=self._secret(function),
        )
        return Answer("completed" if output.ok else "failed", output.text)

    def _by_hand(self, call: ToolCall, decision: Decision) -> Answer:
        """A function that only the assistant knows: the person answers for it."""
        if decision.typed is None:
            return Answer("failed", f"{FAILED_OUTPUT}There is no function named {call.name!r} here.")
        return Answer("completed", shorten(decision.typed))

    def _function(self, name: str) -> FunctionTool | None:
        return next((f for f in self.known if f.name == name), None)

    def _secret(self, function: FunctionTool) -> str | None:
        answer = function.answer
        return (
            self.secrets.get(answer.secret_id)
            if isinstance(answer, HttpOperation) and answer.secret_id
            else None
        )
