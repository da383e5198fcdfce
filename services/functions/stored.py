"""Functions as JSON, the way the library keeps them. Keys are never in it: a function does not hold one."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from services.functions.function_tool import Answer, CannedAnswer, FunctionTool, TypedAnswer
from services.functions.http_operation import Credential, HttpOperation, Parameter
from services.tools.base import Tool


def to_json(function: FunctionTool) -> dict[str, Any]:
    """What is stored of a function; of a demo tool only the person's choice."""
    if isinstance(function.answer, Tool):
        return {"kind": "demo", "approval": function.approval}
    return {
        "kind": function.kind,
        "name": function.name,
        "description": function.description,
        "parameters": function.parameters,
        "strict": function.strict,
        "approval": function.approval,
        "answer": asdict(function.answer),
    }


def from_json(stored: dict[str, Any]) -> FunctionTool:
    """The function that was stored. Raises KeyError, TypeError or ValueError for what is none."""
    return FunctionTool(
        name=stored["name"],
        description=stored["description"],
        parameters=stored["parameters"],
        answer=_answer(stored["kind"], stored["answer"]),
        strict=stored["strict"],
        approval=stored["approval"],
    )


def _answer(kind: str, stored: dict[str, Any]) -> Answer:
    match kind:
        case "canned":
            return CannedAnswer(**stored)
        case "typed":
            return TypedAnswer()
        case "http":
            credential = stored["credential"]
            return HttpOperation(
                **stored
                | {
                    "parameters": tuple(Parameter(**parameter) for parameter in stored["parameters"]),
                    "credential": None if credential is None else Credential(**credential),
                }
            )
    raise ValueError(f"no such kind of function: {kind}")
