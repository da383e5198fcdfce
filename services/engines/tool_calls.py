"""Tool calls by a model that cannot be trusted to write them.

Asked freely, the local model writes calls as prose and ignores `tool_choice`. So one answer, bound by a
grammar, first names what the message asks for and only then may make calls; where it asks for words the
person is answered without tools in the prompt.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from services.engines.chat_request import plain_messages
from services.engines.chat_shapes import new_id, usage_of
from services.engines.llama import ChatEngine
from services.engines.llama_http import answer
from services.engines.tool_schema import choice_schema, functions_of, must_call, signature
from services.errors import InvalidInput, ModelUnavailable

CHOICE_TOKENS = 1024
MAX_ROUNDS = 5
PIECE_CHARS = 12

INSTRUCTION = """\
You sort messages for an assistant that has the tools listed below. Reply with JSON that says what the message asks for:
{"asks_for": "tool", "calls": [{"name": ..., "arguments": {...}}, ...]} - anything that one of the tools is made for: \
live data, a calculation or conversion, a look into the person's own notes, chats or appointments, sending or switching \
something. Several things or several places: one call for each of them.
{"asks_for": "small_talk"} - greetings, thanks, opinions, jokes.
{"asks_for": "knowledge"} - general facts, explanations, advice, books and history: the assistant knows these itself.
{"asks_for": "creative_writing"} - poems, stories, programs, ideas, to be read here.

Examples (T1, T2 stand for fitting tools):
"Good morning!" -> {"asks_for": "small_talk"}
"How warm is it in Paris at the moment?" -> {"asks_for": "tool", "calls": [{"name": T1, ...Paris...}]}
"Who painted the Mona Lisa?" -> {"asks_for": "knowledge"}
"12 times 7?" -> {"asks_for": "tool", "calls": [{"name": T1, ...12 * 7...}]}
"What does inflation mean?" -> {"asks_for": "knowledge"}
"How many people live in Lima and in Quito today?" -> \
{"asks_for": "tool", "calls": [{"name": T1, ...Lima...}, {"name": T1, ...Quito...}]}
"Write a poem about the sea." -> {"asks_for": "creative_writing"}
"Tell Tom that I am late, and lock the door." -> \
{"asks_for": "tool", "calls": [{"name": T1, ...Tom...}, {"name": T2, ...door...}]}
"Merci beaucoup !" -> {"asks_for": "small_talk"}
"Have we ever spoken about my tax return?" -> {"asks_for": "tool", "calls": [{"name": T1, ...tax return...}]}
"Write a program that sorts numbers." -> {"asks_for": "creative_writing"}

Tools:
"""
REMINDER = "(What does this message ask for? JSON only.)"
REMINDER_AFTER_RESULTS = (
    '(If these results are enough to answer: {"asks_for": "knowledge"}. '
    "Otherwise call what is still missing. JSON only.)"
)

Shape = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Choice:
    """The calls the model chose, in OpenAI's shape; none means: answer in words."""

    calls: list[Shape]
    usage: Shape


def wanted(request: Shape) -> bool:
    """Whether there is anything to choose."""
    if not request.get("tools") or request.get("tool_choice") == "none":
        return False
    return must_call(request) or len(_rounds(request["messages"])) < MAX_ROUNDS


async def choose(engine: ChatEngine, request: Shape) -> Choice:
    """Let the model choose calls for the request's last message. InvalidInput names a tool that cannot be used."""
    functions = functions_of(request)
    body = _choice_body(request, functions)
    try:
        raw = await answer(engine, body)
    except InvalidInput:
        await _blame(engine, request, functions)
        raise
    calls = _parsed(raw["choices"][0]["message"]["content"], required=must_call(request))
    if not must_call(request):
        calls = _new_only(calls, request["messages"])
    return Choice([_call(c) for c in calls], usage_of(raw["usage"]))


def deltas(calls: list[Shape]) -> Iterator[tuple[Shape, str | None]]:
    """The calls as the deltas of a stream, each with its finish reason."""
    role: Shape = {"role": "assistant", "content": None, "refusal": None}
    for index, call in enumerate(calls):
        function = {"name": call["function"]["name"], "arguments": ""}
        opening = {"index": index, "id": call["id"], "type": "function", "function": function}
        yield {**(role if index == 0 else {}), "tool_calls": [opening]}, None
        arguments = call["function"]["arguments"]
        for start in range(0, len(arguments), PIECE_CHARS):
            piece = {"index": index, "function": {"arguments": arguments[start : start + PIECE_CHARS]}}
            yield {"tool_calls": [piece]}, None
    yield {}, "tool_calls"


def _choice_body(request: Shape, functions: list[Shape]) -> Shape:
    messages = plain_messages(request["messages"])
    given = messages.pop(0)["content"] if messages and messages[0]["role"] == "system" else ""
    system = INSTRUCTION + "\n".join(f"- {signature(f)}" for f in functions)
    messages.insert(0, {"role": "system", "content": f"{system}\n\n{given}".strip()})
    reminder = REMINDER_AFTER_RESULTS if _rounds(request["messages"]) else REMINDER
    last = messages[-1]
    messages[-1] = {"role": last["role"], "content": f"{last['content']}\n\n{reminder}"}
    schema = choice_schema(request, functions)
    return {
        "messages": messages,
        "temperature": 0,
        "max_tokens": CHOICE_TOKENS,
        "cache_prompt": True,
        "response_format": {"type": "json_schema", "json_schema": {"name": "calls", "schema": schema}},
    }


def _parsed(content: str, *, required: bool) -> list[Shape]:
    try:
        calls: list[Shape] = json.loads(content).get("calls", [])
    except ValueError:
        if required:
            raise ModelUnavailable("The local model did not finish its tool call. Ask again.") from None
        return []
    unique: dict[str, Shape] = {}
    for call in calls:
        unique.setdefault(_key(call["name"], call["arguments"]), call)
    return list(unique.values())


def _new_only(calls: list[Shape], messages: list[Shape]) -> list[Shape]:
    """Without the calls already answered since the person last spoke: a small model repeats them."""
    made = {
        _key(call["function"]["name"], _loaded(call["function"]["arguments"]))
        for message in _rounds(messages)
        for call in message["tool_calls"]
        if "function" in call
    }
    return [call for call in calls if _key(call["name"], call["arguments"]) not in made]


def _rounds(messages: list[Shape]) -> list[Shape]:
    """The messages with tool calls since the person last spoke."""
    rounds: list[Shape] = []
    for message in reversed(messages):
        if message["role"] == "user":
            break
        if message.get("tool_calls"):
            rounds.append(message)
    return rounds


def _key(name: str, arguments: object) -> str:
    return f"{name} {json.dumps(arguments, sort_keys=True)}"


def _loaded(arguments: str) -> object:
    try:
        return json.loads(arguments)
    except ValueError:
        return arguments


def _call(raw: Shape) -> Shape:
    arguments = json.dumps(raw["arguments"], ensure_ascii=False, separators=(",", ":"))
    return {
        "id": new_id("call_", 24),
        "type": "function",
        "function": {"name": raw["name"], "arguments": arguments},
    }


async def _blame(engine: ChatEngine, request: Shape, functions: list[Shape]) -> None:
    """Find the function whose schema the grammar cannot express, and say so."""
    for function in functions:
        body = _choice_body(request, [function]) | {"max_tokens": 1}
        try:
            await answer(engine, body | {"messages": [{"role": "user", "content": "-"}]})
        except InvalidInput as error:
            raise InvalidInput(
                f"The local model cannot use function '{function['name']}': {error.user_message}",
                code="invalid_function_parameters",
            ) from None
