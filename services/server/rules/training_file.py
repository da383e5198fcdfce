"""The lines of a training file, checked as OpenAI does before it trains."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

FEWEST_EXAMPLES = 10
MOST_EXAMPLES = 10_000
ROLES = ("system", "developer", "user", "assistant")
KEYS = frozenset({"messages", "tools", "parallel_tool_calls", "functions"})
MESSAGE_KEYS = frozenset({"role", "content", "name", "weight", "refusal", "tool_calls", "function_call"})
TEXT_ONLY = "the training on this machine learns answers in text only"


class Wrong(Exception):
    """The first thing wrong with a file, in a sentence with its line."""


def check(lines: Iterable[str], *, fewest: int = FEWEST_EXAMPLES) -> int:
    """How many examples there are. Raises Wrong."""
    count = 0
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            _example(json.loads(line))
        except json.JSONDecodeError as error:
            raise Wrong(f"Line {number} is no JSON: {error.msg} at character {error.pos + 1}.") from None
        except RecursionError:
            raise Wrong(f"Line {number} is nested too deeply.") from None
        except Wrong as wrong:
            raise Wrong(f"Line {number}{wrong}") from None
        count += 1
        if count > MOST_EXAMPLES:
            raise Wrong(f"The file has more than {MOST_EXAMPLES:,} examples, which would take days here.")
    if count < fewest:
        raise Wrong(f"The file has {count} example(s), but must have at least {fewest}.")
    return count


def _example(example: Any) -> None:
    if not isinstance(example, dict):
        raise Wrong(": an example is an object with a key 'messages'.")
    if unknown := sorted(set(example) - KEYS):
        raise Wrong(f" has an unknown key '{unknown[0]}'.")
    if example.get("tools") or example.get("functions"):
        raise Wrong(f" has tools: {TEXT_ONLY}.")
    messages = example.get("messages")
    if not isinstance(messages, list) or not messages:
        raise Wrong(" needs 'messages', a list with at least one message.")
    for place, message in enumerate(messages, 1):
        _message(f", message {place}", message)
    if messages[-1]["role"] != "assistant":
        raise Wrong(": the last message must be from the assistant.")
    if all(m.get("weight") == 0 for m in messages if m["role"] == "assistant"):
        raise Wrong(": every message of the assistant has weight 0, so that nothing is left to learn.")


def _message(where: str, message: Any) -> None:
    if not isinstance(message, dict):
        raise Wrong(f"{where}: a message is an object with 'role' and 'content'.")
    role = message.get("role")
    if role in ("tool", "function") or message.get("tool_calls") or message.get("function_call"):
        raise Wrong(f"{where} calls a tool or tells its result: {TEXT_ONLY}.")
    if role not in ROLES:
        raise Wrong(f"{where} has the role {json.dumps(role)}. Known are {', '.join(ROLES)}.")
    if unknown := sorted(set(message) - MESSAGE_KEYS):
        raise Wrong(f"{where} has an unknown key '{unknown[0]}'.")
    if "weight" in message and (role != "assistant" or message["weight"] not in (0, 1)):
        raise Wrong(f"{where}: 'weight' is 0 or 1, and only for the assistant.")
    _content(where, message)


def _content(where: str, message: dict[str, Any]) -> None:
    content = message.get("content")
    if isinstance(content, list):
        if not all(isinstance(part, dict) and isinstance(part.get("type"), str) for part in content):
            raise Wrong(f"{where}: each part of 'content' is an object with a 'type'.")
        if others := [part["type"] for part in content if part["type"] != "text"]:
            raise Wrong(f"{where} has a part of type '{others[0]}': {TEXT_ONLY}.")
        if not all(isinstance(part.get("text"), str) for part in content):
            raise Wrong(f"{where} has a part without text.")
        content = "".join(part["text"] for part in content)
    if not isinstance(content, str):
        raise Wrong(f"{where} needs 'content', a text.")
    if message["role"] == "assistant" and not content.strip():
        raise Wrong(f"{where}: the assistant's message is empty.")
