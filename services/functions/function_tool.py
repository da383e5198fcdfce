"""A function as a person sets it up and a model sees it, and how its calls are answered."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from services.functions.http_operation import HttpOperation
from services.tools.base import Tool

Kind = Literal["demo", "canned", "typed", "http"]


@dataclass(frozen=True, slots=True)
class CannedAnswer:
    """Every call gets this text."""

    text: str


@dataclass(frozen=True, slots=True)
class TypedAnswer:
    """The person types the answer to each call."""


Answer = Tool | CannedAnswer | TypedAnswer | HttpOperation


@dataclass(frozen=True, slots=True)
class FunctionTool:
    """A function. `approval` is the person's choice whether to be asked before a call; None leaves it to the kind."""

    name: str
    description: str
    parameters: dict[str, Any]
    answer: Answer
    strict: bool = False
    approval: bool | None = None

    @property
    def kind(self) -> Kind:
        match self.answer:
            case Tool():
                return "demo"
            case CannedAnswer():
                return "canned"
            case TypedAnswer():
                return "typed"
            case HttpOperation():
                return "http"

    @property
    def needs_approval(self) -> bool:
        """Whether a call waits for the person: what leaves this machine does, unless they chose otherwise."""
        return self.kind == "http" if self.approval is None else self.approval


def definition(function: FunctionTool) -> dict[str, Any]:
    """The function as OpenAI's `tools` spells it, in Chat Completions and Assistants alike."""
    described = {
        "name": function.name,
        "description": function.description,
        "parameters": function.parameters,
    }
    return {"type": "function", "function": described | ({"strict": True} if function.strict else {})}


def demo_function(tool: Tool, approval: bool | None = None) -> FunctionTool:
    """A demo tool as a function."""
    return FunctionTool(tool.name, tool.description, tool.parameters, tool, strict=True, approval=approval)
