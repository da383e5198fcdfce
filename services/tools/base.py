"""What a client-side function tool is, and how a model's call of one is run."""

from __future__ import annotations

import json
import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass
from queue import Empty, SimpleQueue
from typing import Any

from services.errors import AppError, InvalidInput

MAX_ARGUMENTS_CHARS = 20_000
MAX_OUTPUT_CHARS = 8_000
TIMEOUT_S = 5.0

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Tool:
    """A function a model may call. `run` takes checked arguments, returns text and raises InvalidInput."""

    name: str
    title: str
    description: str
    parameters: dict[str, Any]
    icon: str
    run: Callable[[dict[str, Any]], str]


@dataclass(frozen=True, slots=True)
class ToolOutput:
    """What a call gave: the text for the model, and whether the tool did its work."""

    text: str
    ok: bool


def definition(tool: Tool) -> dict[str, Any]:
    """The tool as OpenAI's `tools` parameter spells it, strict."""
    return {
        "type": "function",
        "function": {
            "name": tool.name,
            "description": tool.description,
            "parameters": tool.parameters,
            "strict": True,
        },
    }


def flat_parameters(**descriptions: str) -> dict[str, Any]:
    """A strict JSON schema of required strings: small models fill nothing else reliably."""
    return {
        "type": "object",
        "properties": {name: {"type": "string", "description": text} for name, text in descriptions.items()},
        "required": list(descriptions),
        "additionalProperties": False,
    }


def run(tool: Tool, arguments_json: str) -> str:
    """The tool's answer for the model. Never raises: what went wrong is a sentence the model can act on."""
    return call(tool, arguments_json).text


def call(tool: Tool, arguments_json: str, timeout_s: float = TIMEOUT_S) -> ToolOutput:
    """Like `run`, and also says whether the tool succeeded."""
    try:
        arguments = _checked(tool, arguments_json)
        return ToolOutput(_bounded(_within(timeout_s, tool, arguments)), True)
    except AppError as error:
        return ToolOutput(_bounded(f"Error: {error.user_message}"), False)
    except Exception as error:
        logger.warning("Tool %s failed: %s", tool.name, type(error).__name__)
        return ToolOutput(f"Error: {tool.name} failed with these arguments. Try simpler ones.", False)


def _checked(tool: Tool, arguments_json: str) -> dict[str, Any]:
    from jsonschema import Draft202012Validator
    from jsonschema.exceptions import best_match

    if len(arguments_json) > MAX_ARGUMENTS_CHARS:
        raise InvalidInput(
            f"The arguments are longer than {MAX_ARGUMENTS_CHARS:,} characters. Send less text."
        )
    try:
        arguments = json.loads(arguments_json or "{}")
    except (ValueError, RecursionError) as error:
        raise InvalidInput("The arguments are not JSON. Send one JSON object.") from error
    problem = best_match(Draft202012Validator(tool.parameters).iter_errors(arguments))
    if problem is not None:
        raise InvalidInput(f"The arguments do not fit: {problem.message[:300]}. {_expected(tool)}")
    return dict(arguments)


def _expected(tool: Tool) -> str:
    names = ", ".join(tool.parameters.get("properties", {}))
    return f"{tool.name} takes: {names}." if names else f"{tool.name} takes no arguments."


def _within(timeout_s: float, tool: Tool, arguments: dict[str, Any]) -> str:
    """Run in a thread that is left behind when it takes too long; Python cannot end one."""
    outcome: SimpleQueue[str | Exception] = SimpleQueue()

    def work() -> None:
        try:
            outcome.put(tool.run(arguments))
        except Exception as error:
            outcome.put(error)

    threading.Thread(target=work, name=f"tool-{tool.name}", daemon=True).start()
    try:
        result = outcome.get(timeout=timeout_s)
    except Empty:
        raise InvalidInput(
            f"{tool.name} took longer than {timeout_s:g} s. Ask for something smaller."
        ) from None
    if isinstance(result, Exception):
        raise result
    return result


def _bounded(text: str) -> str:
    if len(text) <= MAX_OUTPUT_CHARS:
        return text
    return text[:MAX_OUTPUT_CHARS] + f"\n… {len(text) - MAX_OUTPUT_CHARS:,} more characters left out."
