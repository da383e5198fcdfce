"""The example as a whole: its keys, and other formats taken for this one."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from services.tuning.checks.found import Parsed, as_text, error, mended, shown
from services.tuning.incoming import ASSISTANT_COLUMNS, SYSTEM_COLUMNS, USER_COLUMNS, example
from services.tuning.records import Finding

KEYS = ("messages", "tools", "parallel_tool_calls", "functions")
OTHER_NAMES = ("message", "conversation", "conversations", "dialog", "dialogue", "chat", "Messages", "turns")
PREFERENCE_KEYS = ("preferred_output", "non_preferred_output", "chosen", "rejected")


def wrong_shape(value: object) -> Iterator[Finding]:
    """Why a JSON value is no example. Nothing, where it has a list of messages that are objects."""
    if isinstance(value, list) and value and all(isinstance(one, dict) and "role" in one for one in value):
        fixed = as_text({"messages": value})
        yield error("bare_list", 'The line is a list of messages; it belongs in {"messages": …}.', fixed)
    elif not isinstance(value, dict):
        yield error("not_an_object", f"The line is {_kind(value)}; an example is an object with messages.")
    elif "messages" not in value:
        yield _without_messages(value)
    elif not isinstance(value["messages"], list):
        yield _no_list(value)
    elif not value["messages"]:
        yield error("no_message", "The list of messages is empty.", "")
    else:
        for number, message in enumerate(value["messages"], 1):
            if not isinstance(message, dict):
                yield error(
                    "message_not_an_object", f"Message {number} is {_kind(message)}; it has to be an object."
                )


def keys(value: Parsed) -> Iterator[Finding]:
    """Keys that an example does not have."""
    for key in value:
        if key not in KEYS:
            fixed = mended(value, lambda one, key=key: one.pop(key))  # type: ignore[misc]
            yield error("unknown_key", f"An example has no key {shown(key)}.", fixed)
    if "functions" in value:
        yield error("functions", "functions is the old spelling; write tools.", mended(value, _as_tools))
    if not isinstance(value.get("parallel_tool_calls", True), bool):
        fixed = mended(value, lambda one: one.pop("parallel_tool_calls"))
        yield error("parallel_tool_calls", "parallel_tool_calls is true or false.", fixed)


def _without_messages(value: Parsed) -> Finding:
    if any(key in value for key in PREFERENCE_KEYS):
        return error(
            "preference_format",
            "The line is for preference training (DPO), with two answers to choose from. This page trains on single answers.",
        )
    user, assistant = (_first(value, names) for names in (USER_COLUMNS, ASSISTANT_COLUMNS))
    if user is not None and assistant is not None:
        fixed = as_text(example(user, assistant, _first(value, SYSTEM_COLUMNS) or ""))
        return error(
            "prompt_and_completion", "The line is in the old format of prompt and completion.", fixed
        )
    for name in OTHER_NAMES:
        if isinstance(value.get(name), list):
            told = {"messages" if key == name else key: one for key, one in value.items()}
            if all(isinstance(one, dict) for one in value[name]):
                told["messages"] = [_from_share(one) for one in value[name]]
            return error("messages_misnamed", f"The messages are called {shown(name)}.", as_text(told))
    if "role" in value and "content" in value:
        return error(
            "message_per_line", "The line is a single message. All messages of an example stand on one line."
        )
    return error("no_messages", "The example has no messages.")


def _first(value: Parsed, names: tuple[str, ...]) -> str | None:
    return next((value[name] for name in names if isinstance(value.get(name), str)), None)


def _from_share(message: Parsed) -> Parsed:
    """A message that says from and value, as shared conversations do."""
    if "role" not in message and "from" in message and "value" in message:
        return {"role": message["from"], "content": message["value"]}
    return message


def _no_list(value: Parsed) -> Finding:
    messages = value["messages"]
    sentence = f"messages is {_kind(messages)}; it has to be a list."
    if isinstance(messages, dict) and "role" in messages:
        return error("messages_not_a_list", sentence, as_text({**value, "messages": [messages]}))
    return error("messages_not_a_list", sentence)


def _as_tools(value: Parsed) -> None:
    functions = value.pop("functions")
    if isinstance(functions, list) and "tools" not in value:
        value["tools"] = [{"type": "function", "function": function} for function in functions]


def _kind(value: Any) -> str:
    match value:
        case None:
            return "null"
        case bool():
            return "true or false"
        case int() | float():
            return "a number"
        case str():
            return "a text"
        case list():
            return "a list"
    return "an object"
