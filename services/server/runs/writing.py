"""What a run is writing just now."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from services.server.runs.builtin_tools import kind_of
from services.server.runs.citations import Citer
from services.server.runs.records import OpenMessage
from services.server.runs.toolbox import ToolCall, as_call

Shape = dict[str, Any]


@dataclass(slots=True)
class PartialCall:
    """A call that is still being written."""

    id: str
    name: str
    arguments: str = ""


@dataclass(slots=True)
class Writing:
    """Its open message, as far as it has come, and its open step of tools with the calls in it.

    `figures` are the ids of pictures that stand before the message's words.
    """

    citer: Citer = field(default_factory=Citer)
    figures: tuple[str, ...] = ()
    message: OpenMessage | None = None
    refusal: str = ""
    has_told_text: bool = False
    tools_step: str | None = None
    calls: dict[int, PartialCall] = field(default_factory=dict)

    def content(self) -> list[Shape]:
        """The open message's content."""
        refused = [{"type": "refusal", "refusal": self.refusal}] if self.refusal else []
        return [*map(picture, self.figures), *self.citer.content(), *refused]

    def close_message(self) -> None:
        """The message is complete: what comes next belongs to another."""
        self.citer = type(self.citer)(self.citer.passages, self.citer.links)
        self.message, self.refusal, self.has_told_text, self.figures = None, "", False, ()

    def made_calls(self, tools: list[Shape]) -> list[ToolCall]:
        """The calls as they stand, in their order."""
        return [
            ToolCall(call.id, kind_of(call.name, tools), call.name, call.arguments or "{}", index)
            for index, call in sorted(self.calls.items())
        ]

    def calls_so_far(self, tools: list[Shape]) -> list[Shape]:
        """The function calls as a step shows them that ends before it was whole."""
        return [as_call(call) for call in self.made_calls(tools) if call.kind == "function"]


def picture(file_id: str) -> Shape:
    """A figure as a part of a message."""
    return {"type": "image_file", "image_file": {"file_id": file_id, "detail": "auto"}}
