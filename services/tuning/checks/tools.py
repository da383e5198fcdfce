"""Functions an example offers, the calls of them, and the answers to those calls."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from services.tuning.checks.found import Parsed, error, mended, shown, warning
from services.tuning.checks.messages import NAME
from services.tuning.records import Finding

MAX_TOOLS = 128


def tools(example: Parsed) -> Iterator[Finding]:
    """What is wrong with tools, calls and their answers."""
    offered, problems = _offered(example)
    yield from problems
    open_calls: list[str] = []
    for at, message in enumerate(example["messages"]):
        if open_calls and message.get("role") != "tool":
            yield error(
                "call_unanswered",
                f"Message {at + 1}: the call {shown(open_calls[0])} before it has no answer of role tool.",
            )
            open_calls = []
        if message.get("role") == "tool":
            yield from _answer(at, message, open_calls)
        if "tool_calls" in message:
            yield from _calls(example, at, message, offered, open_calls)
        if "function_call" in message:
            yield warning(
                "function_call",
                f"Message {at + 1}: function_call is the old spelling; write tool_calls and tools.",
            )


def _offered(example: Parsed) -> tuple[set[str] | None, list[Finding]]:
    """Names of the functions that are offered, None without any; and what is wrong with them."""
    if "tools" not in example:
        return None, []
    told = example["tools"]
    if not isinstance(told, list):
        return set(), [error("tools_not_a_list", "tools has to be a list of functions.")]
    if not told:
        return None, [
            error("no_tools", "The list of tools is empty.", mended(example, lambda one: one.pop("tools")))
        ]
    found: set[str] = set()
    problems: list[Finding] = []
    for number, tool in enumerate(told, 1):
        problem = _tool(number, tool, found)
        problems.extend([problem] if problem else [])
    if len(told) > MAX_TOOLS:
        problems.append(error("too_many_tools", f"{len(told)} tools are too many; {MAX_TOOLS} is the most."))
    return found, problems


def _tool(number: int, tool: Any, found: set[str]) -> Finding | None:
    function = tool.get("function") if isinstance(tool, dict) else None
    if not isinstance(function, dict) or tool.get("type") != "function":
        return error("tool", f'Tool {number} is not of the form {{"type": "function", "function": …}}.')
    name = function.get("name")
    if not isinstance(name, str) or not NAME.match(name):
        return error("tool_name", f"Tool {number} needs a name of letters, digits, _ and -.")
    if name in found:
        return error("tool_twice", f"Two tools are called {shown(name)}.")
    found.add(name)
    if not isinstance(function.get("parameters", {}), dict):
        return error("tool_parameters", f"Tool {number}: parameters is a JSON schema, an object.")
    return None


def _calls(
    example: Parsed, at: int, message: Parsed, offered: set[str] | None, open_calls: list[str]
) -> Iterator[Finding]:
    if message.get("role") != "assistant":
        yield error("calls_of_other", f"Message {at + 1}: only the assistant calls functions.")
        return
    calls = message["tool_calls"]
    if not isinstance(calls, list) or not calls:
        fixed = mended(example, lambda one: one["messages"][at].pop("tool_calls")) if not calls else None
        yield error("calls_not_a_list", f"Message {at + 1}: tool_calls is a list of calls.", fixed)
        return
    for number, call in enumerate(calls):
        function = call.get("function") if isinstance(call, dict) else None
        if not isinstance(function, dict) or call.get("type", "function") != "function":
            yield error("call", f"Message {at + 1}: a call has an id, the type function, and a function.")
            continue
        if not isinstance(call.get("id"), str) or not call["id"]:
            yield error("call_id", f"Message {at + 1}: a call needs an id, a text.")
        else:
            open_calls.append(call["id"])
        yield from _function(example, at, number, function, offered)


def _function(
    example: Parsed, at: int, number: int, function: Parsed, offered: set[str] | None
) -> Iterator[Finding]:
    name, arguments = function.get("name"), function.get("arguments")
    if not isinstance(name, str) or not name:
        yield error("call_name", f"Message {at + 1}: a call needs the name of a function.")
    elif offered is None:
        yield error(
            "call_without_tools", f"Message {at + 1} calls {shown(name)}, but the example offers no tools."
        )
    elif name not in offered:
        yield error("call_of_unknown", f"Message {at + 1} calls {shown(name)}, which is not among the tools.")
    if isinstance(arguments, dict):

        def as_text(one: Parsed) -> None:
            called = one["messages"][at]["tool_calls"][number]["function"]
            called["arguments"] = json.dumps(called["arguments"], ensure_ascii=False)

        yield error(
            "arguments_not_text",
            f"Message {at + 1}: arguments is JSON as a text, not an object.",
            mended(example, as_text),
        )
    elif not isinstance(arguments, str) or not _is_object(arguments):
        yield error("arguments", f"Message {at + 1}: the arguments of {shown(name)} are no JSON object.")


def _is_object(text: str) -> bool:
    try:
        return isinstance(json.loads(text), dict)
    except (ValueError, RecursionError):
        return False


def _answer(at: int, message: Parsed, open_calls: list[str]) -> Iterator[Finding]:
    call_id = message.get("tool_call_id")
    if not isinstance(call_id, str) or not call_id:
        yield error("no_tool_call_id", f"Message {at + 1}: an answer of role tool needs tool_call_id.")
    elif call_id not in open_calls:
        yield error(
            "answer_to_nothing", f"Message {at + 1} answers the call {shown(call_id)}, which nobody made."
        )
    else:
        open_calls.remove(call_id)
