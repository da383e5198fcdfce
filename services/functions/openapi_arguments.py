"""The arguments of an operation, gathered from its parameters and its body.

Path, query and header parameters and the properties of a JSON body become arguments on one level, each under its own
name. Where two share a name, the later one is called `name_in_place`. A body that is not a plain object is the one
argument `body`. Source: OpenAPI 3.1.1, Parameter Object, Media Type Object.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import count
from typing import Any, cast

from services.errors import InvalidInput
from services.functions.http_operation import Credential, Form, Parameter, Place
from services.functions.openapi_schema import OF_OBJECTS, Schemas
from services.guarded_fetch.messages import is_free_header
from services.structured import Schema

MAX_NAME_CHARS = 64

_JSON = re.compile(r"application/(?:[\w.-]+\+)?json|\*/\*|application/\*", re.IGNORECASE)
_NOT_FOR_NAMES = re.compile(r"[^a-zA-Z0-9_-]")
# The document describes these elsewhere, and such parameters are to be ignored. Source: OpenAPI, Parameter Object.
_SAID_ELSEWHERE = ("accept", "content-type", "authorization")


@dataclass(slots=True)
class Arguments:
    """The arguments of a function while they are gathered."""

    schemas: Schemas
    credential: Credential | None
    parameters: list[Parameter] = field(default_factory=list)
    properties: dict[str, Schema] = field(default_factory=dict)
    required: list[str] = field(default_factory=list)
    left_out: list[str] = field(default_factory=list)

    @property
    def schema(self) -> Schema:
        return {
            "type": "object",
            "properties": self.properties,
            "required": self.required,
            "additionalProperties": False,
        }

    def add_parameter(self, parameter: dict[str, Any]) -> None:
        name, place = str(parameter.get("name", "")), parameter.get("in")
        if self._is_not_asked(name, place):
            return
        if place not in ("path", "query", "header") or (place == "header" and not is_free_header(name)):
            self._leave_out(f"the {place if place == 'cookie' else 'parameter'} “{name[:60]}”", parameter)
            return
        form, schema = _form(parameter), self._schema_of(parameter)
        is_required = place == "path" or parameter.get("required") is True
        self._add(
            cast(Place, place), name, form, _with_description(schema, parameter), is_required=is_required
        )

    def add_body(self, body: dict[str, Any]) -> str:
        """Take the body's properties in and return its media type; empty when nothing is sent."""
        content = body.get("content")
        if not isinstance(content, dict) or not content:
            return ""
        media_type = next((kind for kind in content if _JSON.fullmatch(kind.partition(";")[0].strip())), None)
        if media_type is None:
            self._leave_out(f"its body as {', '.join(content)[:100]}, as only JSON is sent", body)
            return ""
        schema = self._schema_in(content[media_type])
        is_required = body.get("required") is True
        if _is_plain_object(schema):
            for name, part in schema["properties"].items():
                is_asked = is_required and name in schema.get("required", ())
                self._add("body", name, "json", part, is_required=is_asked)
        else:
            self._add("body", "", "json", _with_description(schema, body), is_required=is_required)
        return "application/json" if "*" in media_type else media_type

    def _is_not_asked(self, name: str, place: Any) -> bool:
        """What the key or the protocol fills in is not the model's to write."""
        key = self.credential
        is_key = key is not None and (key.kind, key.name.lower()) == (place, name.lower())
        return is_key or (place == "header" and name.lower() in _SAID_ELSEWHERE)

    def _schema_of(self, parameter: dict[str, Any]) -> Schema:
        content = parameter.get("content")
        if isinstance(content, dict) and content:
            return self._schema_in(next(iter(content.values())))
        return self._schema_in(parameter)

    def _schema_in(self, described: Any) -> Schema:
        return self.schemas.read(described.get("schema") if isinstance(described, dict) else None)

    def _add(self, place: Place, name: str, form: Form, schema: Schema, *, is_required: bool) -> None:
        argument = self._free_name(name or "body", place)
        self.parameters.append(Parameter(argument, place, name, form))
        self.properties[argument] = schema
        if is_required:
            self.required.append(argument)

    def _free_name(self, name: str, place: Place) -> str:
        return next(free for free in names(name, f"_in_{place}") if free not in self.properties)

    def _leave_out(self, what: str, part: dict[str, Any]) -> None:
        if part.get("required") is True:
            raise InvalidInput(f"it needs {what}")
        self.left_out.append(what)


def names(wanted: str, suffix: str = "") -> Iterator[str]:
    """Names made of letters, digits, _ and -: the wanted one, then with the suffix, then with numbers from 2 on."""
    plain = _NOT_FOR_NAMES.sub("_", wanted)
    yield plain[:MAX_NAME_CHARS]
    for number in count(1):
        end = suffix if number == 1 else f"{suffix}_{number}"
        yield plain[: MAX_NAME_CHARS - len(end)] + end


def _form(parameter: dict[str, Any]) -> Form:
    """How a parameter's value is written. Raises InvalidInput for ways that are not known here."""
    if parameter.get("content"):
        return "json"
    usual = "form" if parameter.get("in") == "query" else "simple"
    style = parameter.get("style", usual)
    explodes = parameter.get("explode", style == "form")
    match style:
        case "simple" if usual == "simple":
            return "comma"
        case "form" | "spaceDelimited" | "pipeDelimited" if usual == "form" and explodes:
            return "plain"
        case "form" | "spaceDelimited" | "pipeDelimited" if usual == "form":
            return {"form": "comma", "spaceDelimited": "space", "pipeDelimited": "pipe"}[style]  # type: ignore[return-value]
        case "deepObject" if usual == "form":
            return "deep"
    raise InvalidInput(
        f"its parameter “{str(parameter.get('name'))[:60]}” is written in the style {str(style)[:40]}"
    )


def _is_plain_object(schema: Schema) -> bool:
    """Whether a body is known by its properties alone."""
    extra = schema.keys() - OF_OBJECTS
    is_open = isinstance(schema.get("additionalProperties"), dict)
    return (
        schema.get("type", "object") == "object"
        and bool(schema.get("properties"))
        and not extra
        and not is_open
    )


def _with_description(schema: Schema, part: dict[str, Any]) -> Schema:
    text = part.get("description")
    return {**schema, "description": text.strip()[:500]} if isinstance(text, str) and text.strip() else schema
