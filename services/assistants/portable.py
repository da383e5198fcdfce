"""Assistants as files: exported from here, from OpenAI's API or from its dashboard, and read again."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from services.assistants.records import Assistant
from services.errors import InvalidInput
from services.functions.checks import check_name

KIND = "tandem.assistant"
VERSION = 1
MAX_BYTES = 2_000_000
MAX_ASSISTANTS = 100
KEPT: Mapping[str, tuple[str, tuple[type, ...]]] = {
    "name": ("text", (str,)),
    "description": ("text", (str,)),
    "model": ("text", (str,)),
    "instructions": ("text", (str,)),
    "tools": ("a list", (list,)),
    "temperature": ("a number", (int, float)),
    "top_p": ("a number", (int, float)),
    "reasoning_effort": ("text", (str,)),
    "response_format": ("text or an object", (str, dict)),
    "metadata": ("an object", (dict,)),
}
"""What an assistant takes along, and what each of it has to be. Bounds are the server's to check."""
SCHEMAS = ("parameters", "schema")
TOOLS = ("code_interpreter", "file_search", "function")
OLD_NAMES = {"retrieval": "file_search"}
"""Version 1 of the API called file search retrieval. Source: https://platform.openai.com/docs/assistants/migration"""


@dataclass(frozen=True, slots=True)
class Import:
    """An assistant read from a file: the body that makes it, and what could not come along."""

    body: dict[str, Any]
    notices: tuple[str, ...]


def exported(assistant: Assistant, functions: list[dict[str, Any]]) -> bytes:
    """An assistant as a file, with how its functions are answered here. Files and stores stay behind."""
    body = {name: getattr(assistant, name) for name in KEPT}
    kept = {name: value for name, value in body.items() if value not in (None, "", {}, ())}
    kept["tools"] = list(assistant.tools)
    document = {"kind": KIND, "version": VERSION, "assistant": kept, "functions": functions}
    return json.dumps(document, ensure_ascii=False, indent=2).encode()


def imported(data: bytes, models: tuple[str, ...], fallback: str) -> list[Import]:
    """The assistants a file holds. `models` are those that answer here; another is replaced by `fallback`.

    Takes our own export, an assistant object of OpenAI's API, and a list of these. Raises InvalidInput.
    """
    found = list(_objects(_read(data)))
    if not found:
        raise InvalidInput("This file holds no assistant.")
    if len(found) > MAX_ASSISTANTS:
        raise InvalidInput(
            f"This file holds {len(found)} assistants; {MAX_ASSISTANTS} at a time are the most."
        )
    return [_import(wire, models, fallback) for wire in found]


def functions_in(data: bytes) -> list[dict[str, Any]]:
    """How the functions of our own export are answered; none in a file of another kind.

    A file cannot bring along that nobody is asked before a call.
    """
    document = _read(data)
    is_ours = isinstance(document, dict) and document.get("kind") == KIND
    given = document.get("functions") if is_ours else None
    return [
        {**function, "approval": function.get("approval") or None}
        for function in (given if isinstance(given, list) else ())
        if isinstance(function, dict)
    ]


def with_names(body: dict[str, Any], names: Mapping[str, str]) -> dict[str, Any]:
    """The body of an assistant whose functions are called otherwise here."""
    return {**body, "tools": [_with_name(tool, names) for tool in body["tools"]]}


def _with_name(tool: dict[str, Any], names: Mapping[str, str]) -> dict[str, Any]:
    if tool["type"] != "function":
        return tool
    name = tool["function"]["name"]
    return {**tool, "function": {**tool["function"], "name": names.get(name, name)}}


def _read(data: bytes) -> Any:
    if len(data) > MAX_BYTES:
        raise InvalidInput(f"The file has {len(data):,} bytes; an assistant has at most {MAX_BYTES:,}.")
    try:
        document = json.loads(data, parse_constant=_no_number)
        json.dumps(document, ensure_ascii=False).encode()  # half a character would fail when it is sent
    except (ValueError, RecursionError) as error:
        raise InvalidInput(
            "The file is no JSON. Export an assistant from Tandem or with OpenAI's API."
        ) from error
    return document


def _no_number(name: str) -> None:
    raise ValueError(f"{name} is no JSON")


def _objects(document: Any) -> Iterator[Mapping[str, Any]]:
    listed = document.get("data") if isinstance(document, dict) else document
    for entry in listed if isinstance(listed, list) else [document]:
        if not isinstance(entry, dict):
            continue
        if isinstance(entry.get("assistant"), dict):
            yield entry["assistant"]
        elif entry.get("object") == "assistant" or "instructions" in entry:
            yield entry


def _import(wire: Mapping[str, Any], models: tuple[str, ...], fallback: str) -> Import:
    notices: list[str] = []
    body = _without_nulls({name: wire[name] for name in KEPT if name in wire})
    _check_types(body)
    body["tools"] = list(_tools(body, notices))
    model = body.get("model", "")
    if model not in models:
        body["model"] = fallback
        body.pop("reasoning_effort", None)  # not every model takes one
        notices.append(f"{model or 'Its model'} does not answer here, so it uses {fallback}.")
    if _has_files(wire):
        notices.append("Its files are still where it comes from. Upload them here.")
    return Import(body, tuple(notices))


def _without_nulls(given: Any) -> Any:
    """What OpenAI tells as null, it takes only left out. In a JSON Schema null is a value like others."""
    if isinstance(given, list):
        return [_without_nulls(part) for part in given]
    if not isinstance(given, dict):
        return given
    return {
        name: value if name in SCHEMAS else _without_nulls(value)
        for name, value in given.items()
        if value is not None
    }


def _check_types(body: Mapping[str, Any]) -> None:
    for name, value in body.items():
        wanted, kinds = KEPT[name]
        if not isinstance(value, kinds) or isinstance(value, bool):
            raise InvalidInput(
                f"“{name}” of an assistant has to be {wanted}. Mend the file, or export it again."
            )
    if not all(isinstance(value, str) for value in body.get("metadata", {}).values()):
        raise InvalidInput("Every entry of “metadata” has to be text. Mend the file, or export it again.")


def _tools(body: Mapping[str, Any], notices: list[str]) -> Iterator[dict[str, Any]]:
    for tool in body.get("tools", ()):
        kind = tool.get("type") if isinstance(tool, dict) else None
        kind = OLD_NAMES.get(kind, kind) if isinstance(kind, str) else None
        if kind not in TOOLS:
            notices.append("A tool that is unknown here was left out.")
            continue
        if kind == "function":
            _check_function(tool.get("function"))
        yield {**tool, "type": kind}


def _check_function(function: Any) -> None:
    if not isinstance(function, dict) or not isinstance(function.get("parameters", {}), dict):
        raise InvalidInput(
            "A function in the file has no name, or parameters that are no JSON Schema. Mend it there."
        )
    check_name(str(function.get("name") or ""))


def _has_files(wire: Mapping[str, Any]) -> bool:
    resources = wire.get("tool_resources")
    per_tool = resources.values() if isinstance(resources, dict) else ()
    return bool(wire.get("file_ids")) or any(
        isinstance(tool, dict) and any(tool.values()) for tool in per_tool
    )
