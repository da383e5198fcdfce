"""The built-in tools as a chat model sees them: functions named exactly `file_search` and `code_interpreter`."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from typing import Any

from services.server.store.contexts import FOLDER

Shape = dict[str, Any]

FILE_SEARCH, CODE_INTERPRETER = "file_search", "code_interpreter"
BUILT_IN = (FILE_SEARCH, CODE_INTERPRETER)
MOST_NAMES = 20
FENCED = re.compile(r"\s*```[\w-]*\n(.*?)\n?```\s*", re.DOTALL)
DESCRIPTIONS = {
    FILE_SEARCH: (
        "Searches the files the person has given you, and returns the passages that fit best. Use it for every question"
        " that these files may answer. Each passage stands under a marker such as 【4:0†name】; after each statement that"
        " rests on a passage, repeat its marker exactly."
    ),
    CODE_INTERPRETER: (
        "Runs a Python program and returns what it prints. Use it for every calculation, for questions about the data in"
        " files, and for charts. print() what you want to know; read and save files in /mnt/data; draw with matplotlib and"
        " plt.show(). pandas, numpy and openpyxl are there, the internet is not. Variables live on between calls."
    ),
}
PARAMETERS: dict[str, Shape] = {
    FILE_SEARCH: {
        "type": "object",
        "properties": {
            "query": {"type": "string", "description": "what to look for, in full words and without pronouns"}
        },
        "required": ["query"],
        "additionalProperties": False,
    },
    CODE_INTERPRETER: {
        "type": "object",
        "properties": {"code": {"type": "string", "description": "the Python program"}},
        "required": ["code"],
        "additionalProperties": False,
    },
}


def as_functions(tools: list[Shape], files: Sequence[str] = ()) -> list[Shape]:
    """A run's tools as function tools of a chat request; `files` are the names of those that programs find."""
    return [_as_function(tool, files) for tool in tools]


def _as_function(tool: Shape, files: Sequence[str]) -> Shape:
    kind = tool["type"]
    if kind == "function":
        function = {name: value for name, value in tool["function"].items() if value is not None}
        return {"type": "function", "function": function}
    described = DESCRIPTIONS[kind] + (_present(files) if kind == CODE_INTERPRETER else "")
    function = {"name": kind, "description": described, "parameters": PARAMETERS[kind]}
    return {"type": "function", "function": function}


def _present(files: Sequence[str]) -> str:
    if not files:
        return ""
    more = f" and {len(files) - MOST_NAMES} more" if len(files) > MOST_NAMES else ""
    return f" Files in {FOLDER} now: {', '.join(files[:MOST_NAMES])}{more}."


def as_choice(choice: Any) -> Any:
    """A run's tool_choice in a chat request's words."""
    if isinstance(choice, dict) and choice["type"] in BUILT_IN:
        return {"type": "function", "function": {"name": choice["type"]}}
    return choice


def options_of(kind: str, tools: list[Shape]) -> Shape:
    """What a run says about one of its built-in tools."""
    return next(tool for tool in tools if tool["type"] == kind).get(kind) or {}


def kind_of(name: str, tools: list[Shape]) -> str:
    """What a called name means in this run: a built-in tool it has, or a function."""
    return name if name in {tool["type"] for tool in tools if tool["type"] in BUILT_IN} else "function"


def queries_of(arguments: str) -> list[str]:
    """What a call of file_search looks for; empty when the model wrote nothing that can be used."""
    parsed = _loaded(arguments)
    found = parsed.get("query", parsed.get("queries", parsed.get("q")))
    texts = [found] if isinstance(found, str) else found if isinstance(found, list) else []
    return [text.strip() for text in texts if isinstance(text, str) and text.strip()]


def code_of(arguments: str) -> str:
    """The program of a call; some models write it bare, in a fence, or with line breaks in its JSON."""
    try:
        loaded = json.loads(arguments, strict=False)
    except ValueError:
        loaded = arguments
    if isinstance(loaded, dict):
        code = loaded.get("code", loaded.get("input"))
        program = code if isinstance(code, str) else ""
    else:
        program = loaded if isinstance(loaded, str) else arguments
    fenced = FENCED.fullmatch(program)
    return fenced.group(1) if fenced else program


def _loaded(arguments: str) -> Shape:
    try:
        parsed = json.loads(arguments)
    except ValueError:
        return {}
    return parsed if isinstance(parsed, dict) else {}
