"""Schemas of an OpenAPI document as plain JSON Schema, with every reference written out.

Source: OpenAPI 3.0.4 and 3.1.1, Schema Object.
"""

from __future__ import annotations

from typing import Any

from services.errors import InvalidInput
from services.functions.references import References
from services.structured import Schema

MAX_DEPTH = 12
MAX_PARTS = 2_000
MAX_DESCRIPTION_CHARS = 500

_AS_THEY_ARE = {
    "type",
    "format",
    "enum",
    "const",
    "default",
    "required",
    "pattern",
    "multipleOf",
    "uniqueItems",
}
_AS_THEY_ARE |= {"minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "minLength", "maxLength"}
_AS_THEY_ARE |= {"minItems", "maxItems", "minProperties", "maxProperties"}
_ONE_SCHEMA = ("items", "additionalProperties", "not")
_MANY_SCHEMAS = ("allOf", "anyOf", "oneOf", "prefixItems")
OF_OBJECTS = {"type", "properties", "required", "description", "additionalProperties"}


class Schemas:
    """Reads the schemas of one operation, which share one bound: a few references to each other can stand for millions."""

    def __init__(self, references: References) -> None:
        self._references = references
        self._parts = 0

    def read(self, schema: Any) -> Schema:
        """The schema without references; one that contains itself ends where it begins anew. Raises InvalidInput."""
        return self._read(schema, 0, ())

    def _read(self, schema: Any, depth: int, within: tuple[str, ...]) -> Schema:
        self._parts += 1
        if self._parts > MAX_PARTS:
            raise InvalidInput(f"its parameters have more than {MAX_PARTS:,} parts")
        if not isinstance(schema, dict):
            return {"not": {}} if schema is False else {}
        if depth > MAX_DEPTH:
            return {"description": "Nested deeper than is described here."}
        reference = schema.get("$ref")
        if isinstance(reference, str):
            target = self._references.target(reference)
            if reference in within:
                return _another(reference, target)
            beside = {key: value for key, value in schema.items() if key != "$ref"}
            whole = {**target, **beside} if isinstance(target, dict) else target
            return self._read(whole, depth, (*within, reference))
        return _merged(_described(schema, self._inner(schema, depth, within)))

    def _inner(self, schema: Schema, depth: int, within: tuple[str, ...]) -> Schema:
        """The keywords of a schema that JSON Schema knows, their own schemas read."""
        plain: Schema = {}
        for key, value in schema.items():
            if key in _AS_THEY_ARE:
                plain[key] = value
            elif key == "properties" and isinstance(value, dict):
                writable = {name: part for name, part in value.items() if not self._is_read_only(part)}
                plain[key] = {name: self._read(part, depth + 1, within) for name, part in writable.items()}
            elif key in _ONE_SCHEMA:
                plain[key] = value if isinstance(value, bool) else self._read(value, depth + 1, within)
            elif key in _MANY_SCHEMAS and isinstance(value, list):
                plain[key] = [self._read(part, depth + 1, within) for part in value]
        return _without_unknown_required(_of_release_3_0(schema, plain))

    def _is_read_only(self, part: Any) -> bool:
        return isinstance(part, dict) and self._references.follow(part).get("readOnly") is True


def _another(reference: str, target: Any) -> Schema:
    """What stands in place of a schema within itself."""
    kind = target.get("type") if isinstance(target, dict) else None
    described = {"description": f"Another {reference.rpartition('/')[2][:60]}."}
    return {"type": kind, **described} if isinstance(kind, str) else described


def _described(schema: Schema, plain: Schema) -> Schema:
    text = schema.get("description")
    if not isinstance(text, str) or not text.strip():
        return plain
    short = (
        text.strip() if len(text) <= MAX_DESCRIPTION_CHARS else text[:MAX_DESCRIPTION_CHARS].rstrip() + " …"
    )
    return {**plain, "description": short}


def _of_release_3_0(schema: Schema, plain: Schema) -> Schema:
    """`nullable` and the true or false of an exclusive bound, as later releases write them."""
    for bound, exclusive in (("minimum", "exclusiveMinimum"), ("maximum", "exclusiveMaximum")):
        if isinstance(plain.get(exclusive), bool):
            is_exclusive = plain.pop(exclusive)
            if is_exclusive and bound in plain:
                plain[exclusive] = plain.pop(bound)
    if schema.get("nullable") is not True:
        return plain
    if isinstance(plain.get("type"), str):
        plain["type"] = [plain["type"], "null"]
    if isinstance(plain.get("enum"), list) and None not in plain["enum"]:
        plain["enum"] = [*plain["enum"], None]
    return plain


def _without_unknown_required(plain: Schema) -> Schema:
    """What a server alone fills in is not asked of the model either."""
    required, properties = plain.get("required"), plain.get("properties")
    if isinstance(required, list) and isinstance(properties, dict):
        plain["required"] = [name for name in required if isinstance(name, str) and name in properties]
    return plain


def _merged(schema: Schema) -> Schema:
    """One object in place of several that must all fit, where they do not say more than their properties."""
    parts = schema.get("allOf")
    if not parts:
        return schema
    wholes = [*parts, {key: value for key, value in schema.items() if key != "allOf"}]
    if not all(_is_plain_part(part) for part in wholes):
        return schema
    merged: Schema = {"type": "object", "properties": {}, "required": []}
    for part in wholes:
        merged["properties"].update(part.get("properties", {}))
        merged["required"] += [name for name in part.get("required", []) if name not in merged["required"]]
        merged |= {key: part[key] for key in ("description",) if key in part}
    return merged


def _is_plain_part(part: Schema) -> bool:
    is_open = part.get("additionalProperties") is not False and isinstance(part.get("required", []), list)
    return is_open and not part.keys() - OF_OBJECTS and part.get("type", "object") == "object"
