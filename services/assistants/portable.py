"""Assistants as files: exported from here, from OpenAI's API or from its dashboard, and read again."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from services.assistants.records import Assistant
from services.errors import InvalidInput

KIND = "tandem.assistant"
VERSION = 1
MAX_BYTES = 2_000_000
MAX_ASSISTANTS = 100
KEPT = (
    "name",
    "description",
    "model",
    "instructions",
    "tools",
    "temperature",
    "top_p",
    "reasoning_effort",
    "response_format",
    "metadata",
)
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
    """How the functions of our own export are answered; none in a file of another kind."""
    document = _read(data)
    given = document.get("functions") if isinstance(document, dict) else None
    return [f for f in given if isinstance(f, dict)] if isinstance(given, list) else []


def _read(data: bytes) -> Any:
    if len(data) > MAX_BYTES:
        raise InvalidInput(f"The file has {len(data):,} bytes; an assistant has at most {MAX_BYTES:,}.")
    try:
        return json.loads(data)
    except (ValueError, RecursionError) as error:
        raise InvalidInput(
            "The file is no JSON. Export an assistant from Tandem or with OpenAI's API."
        ) from error


def _objects(document: Any) -> Iterator[Mapping[str, Any]]:
    if isinstance(document, list):
        for entry in document:
            yield from _objects(entry)
    elif isinstance(document, dict):
        if isinstance(document.get("data"), list):
            yield from _objects(document["data"])
        elif isinstance(document.get("assistant"), dict):
            yield document["assistant"]
        elif document.get("object") == "assistant" or "instructions" in document:
            yield document


def _import(wire: Mapping[str, Any], models: tuple[str, ...], fallback: str) -> Import:
    notices: list[str] = []
    body = {name: wire[name] for name in KEPT if wire.get(name) is not None}
    body["tools"] = list(_tools(wire, notices))
    model = str(wire.get("model") or "")
    if model not in models:
        body["model"] = fallback
        notices.append(f"{model or 'Its model'} does not answer here, so it uses {fallback}.")
    if _has_files(wire):
        notices.append("Its files are still where it comes from. Upload them here.")
    return Import(body, tuple(notices))


def _tools(wire: Mapping[str, Any], notices: list[str]) -> Iterator[dict[str, Any]]:
    given = wire.get("tools")
    for tool in given if isinstance(given, list) else ():
        kind = OLD_NAMES.get(str(tool.get("type")), tool.get("type")) if isinstance(tool, dict) else None
        if kind in TOOLS:
            yield {**tool, "type": kind}
        else:
            notices.append("A tool that is unknown here was left out.")


def _has_files(wire: Mapping[str, Any]) -> bool:
    resources = wire.get("tool_resources")
    per_tool = resources.values() if isinstance(resources, dict) else ()
    return bool(wire.get("file_ids")) or any(
        isinstance(tool, dict) and any(tool.values()) for tool in per_tool
    )
