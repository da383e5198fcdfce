"""Structured output: a JSON Schema as a person types it, and answers held against it.

Source for what strict mode accepts: OpenAI's guide "Structured model outputs", supported schemas.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from services.errors import InvalidInput
from services.schema_checks import TooEntangled, problems

MAX_SCHEMA_CHARS = 120_000
MAX_PROPERTIES = 5_000
MAX_DEPTH = 10
MAX_PROBLEMS = 20

Schema = dict[str, Any]
_UNSUPPORTED = (
    "allOf",
    "not",
    "dependentRequired",
    "dependentSchemas",
    "if",
    "then",
    "else",
    "oneOf",
    "patternProperties",
)
_LISTS_OF_SCHEMAS = ("anyOf", "allOf", "oneOf", "prefixItems")
_MAPS_OF_SCHEMAS = ("properties", "$defs", "definitions")


def check_schema(text: str) -> Schema:
    """The schema in `text`, fit for strict structured output. Raises InvalidInput saying where and what to do."""
    schema = parse_schema(text)
    if "anyOf" in schema:
        raise InvalidInput("The schema must describe one object, not any of several. Put anyOf further down.")
    problem = next(_strictness_problems(schema), None)
    if problem is not None:
        raise InvalidInput(problem)
    return schema


def parse_schema(text: str) -> Schema:
    """The schema of an object in `text`, strict or not. Raises InvalidInput saying where and what to do."""
    schema = _parsed(text)
    _check_is_schema(schema)
    if schema.get("type") != "object":
        raise InvalidInput(
            'The schema must describe an object: give it "type": "object" and "properties" at the top.'
        )
    return schema


def closed_object(properties: Schema) -> Schema:
    """The schema of an object with exactly these properties."""
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


def response_format(name: str, schema: Schema) -> dict[str, Any]:
    """Strict structured output as Chat Completions asks for it."""
    return {"type": "json_schema", "json_schema": {"name": name, "schema": schema, "strict": True}}


def make_strict(schema: Schema) -> Schema:
    """`schema` with every object closed and all its properties required; ones that were optional may be null."""
    strict = {key: _strict_value(key, value) for key, value in schema.items()}
    properties = strict.get("properties")
    if not isinstance(properties, dict):
        return {**strict, "additionalProperties": False} if strict.get("type") == "object" else strict
    required = schema.get("required") or []
    strict["properties"] = {
        name: value if name in required else _nullable(value) for name, value in properties.items()
    }
    return {**strict, "required": list(properties), "additionalProperties": False}


def validate_answer(text: str, schema: Schema) -> list[str]:
    """What is wrong with an answer, a sentence with its JSON path each; empty when it fits.

    Patterns are not looked at: a person's regular expression could keep the whole process busy for ever.
    """
    try:
        answer = json.loads(text)
    except json.JSONDecodeError as error:
        return [f"The answer is not JSON: {_at(error)}."]
    except (ValueError, RecursionError):
        return ["The answer is nested too deeply, or has a number too long, to be checked."]
    try:
        errors = sorted(problems(answer, schema), key=lambda e: e.json_path)
    except (TooEntangled, ValueError):
        return ["The schema itself cannot be applied; check its references."]
    told = [f"{error.json_path}: {error.message[:300]}." for error in errors[:MAX_PROBLEMS]]
    return [*told, f"… and {len(errors) - MAX_PROBLEMS} more."] if len(errors) > MAX_PROBLEMS else told


def _parsed(text: str) -> Schema:
    if len(text) > MAX_SCHEMA_CHARS:
        raise InvalidInput(f"The schema is longer than {MAX_SCHEMA_CHARS:,} characters. Make it smaller.")
    if not text.strip():
        raise InvalidInput('The schema is empty. Start with {"type": "object", "properties": {}}.')
    try:
        schema = json.loads(text)
    except json.JSONDecodeError as error:
        raise InvalidInput(
            f"The schema is not JSON: {_at(error)}. Check commas, quotes and brackets there."
        ) from error
    except RecursionError as error:
        raise InvalidInput(f"The schema is nested deeper than {MAX_DEPTH} levels. Flatten it.") from error
    except ValueError as error:
        raise InvalidInput("The schema has a number too long to be read. Shorten it.") from error
    if not isinstance(schema, dict):
        raise InvalidInput('A JSON Schema is an object: it begins with { and has "type": "object".')
    return schema


def _at(error: json.JSONDecodeError) -> str:
    reason = (error.msg[:1].lower() + error.msg[1:]).removesuffix(" starting at")
    return f"{reason} at line {error.lineno}, column {error.colno}"


def _check_is_schema(schema: Schema) -> None:
    from jsonschema import Draft202012Validator
    from jsonschema.exceptions import best_match

    try:
        problem = best_match(Draft202012Validator(Draft202012Validator.META_SCHEMA).iter_errors(schema))
    except RecursionError as error:
        raise InvalidInput(f"The schema is nested deeper than {MAX_DEPTH} levels. Flatten it.") from error
    if problem is not None:
        raise InvalidInput(f"This is no valid JSON Schema at {problem.json_path}: {problem.message[:300]}.")


def _strictness_problems(schema: Schema) -> Iterator[str]:
    """Reasons why strict mode would refuse the schema, outermost first."""
    property_count = 0
    for path, part, depth in _walk(schema):
        if depth > MAX_DEPTH:
            yield f"{path} lies deeper than the {MAX_DEPTH} levels strict mode allows. Flatten the schema."
        unsupported = next((key for key in _UNSUPPORTED if key in part), None)
        if unsupported:
            yield f"{path}: strict mode does not know “{unsupported}”. Use anyOf, enum or separate properties instead."
        yield from dangling(schema, path, part)
        properties = part.get("properties")
        if part.get("type") == "object" or isinstance(properties, dict):
            yield from _object_problems(path, part, properties or {})
            property_count += len(properties or {})
    if property_count > MAX_PROPERTIES:
        yield f"The schema has {property_count:,} properties; strict mode allows {MAX_PROPERTIES:,}."


def _object_problems(path: str, part: Schema, properties: Schema) -> Iterator[str]:
    if part.get("additionalProperties") is not False:
        yield f'{path}: strict mode needs "additionalProperties": false on every object. Make the schema strict.'
    missing = [name for name in properties if name not in (part.get("required") or [])]
    if missing:
        names = ", ".join(missing[:5])
        yield f'{path}: strict mode needs every property in "required"; missing: {names}. Make the schema strict.'


def _walk(schema: Schema, path: str = "$", depth: int = 0) -> Iterator[tuple[str, Schema, int]]:
    """Every schema inside the schema, with its path and how many objects or lists it lies in."""
    yield path, schema, depth
    if depth > MAX_DEPTH:
        return
    for key, value in schema.items():
        deeper = depth + (key in ("properties", "items"))
        for name, inner in _inner_schemas(key, value):
            yield from _walk(inner, f"{path}.{key}{name}", deeper)


def _inner_schemas(key: str, value: Any) -> Iterator[tuple[str, Schema]]:
    if key in _MAPS_OF_SCHEMAS and isinstance(value, dict):
        yield from ((f".{name}", inner) for name, inner in value.items() if isinstance(inner, dict))
    elif key in _LISTS_OF_SCHEMAS and isinstance(value, list):
        yield from ((f"[{index}]", inner) for index, inner in enumerate(value) if isinstance(inner, dict))
    elif key == "items" and isinstance(value, dict):
        yield "", value


def dangling(schema: Schema, path: str, part: Schema) -> Iterator[str]:
    """A problem where a part refers to something the schema does not have."""
    reference = part.get("$ref")
    if isinstance(reference, str) and not _resolves(schema, reference):
        yield f"{path}: “{reference[:80]}” points to nothing in this schema. Define it under $defs."


def _resolves(schema: Schema, reference: str) -> bool:
    """Whether a reference points to something within the schema."""
    if not reference.startswith("#"):
        return False
    here: Any = schema
    for step in reference[1:].split("/")[1:]:
        name = step.replace("~1", "/").replace("~0", "~")
        if not isinstance(here, dict) or name not in here:
            return False
        here = here[name]
    return True


def _strict_value(key: str, value: Any) -> Any:
    if key in _MAPS_OF_SCHEMAS and isinstance(value, dict):
        return {
            name: make_strict(inner) if isinstance(inner, dict) else inner for name, inner in value.items()
        }
    if key in _LISTS_OF_SCHEMAS and isinstance(value, list):
        return [make_strict(inner) if isinstance(inner, dict) else inner for inner in value]
    return make_strict(value) if key == "items" and isinstance(value, dict) else value


def _nullable(schema: Any) -> Any:
    """A property that may be left out becomes one that may be null: strict mode has no optional ones."""
    if not isinstance(schema, dict):
        return schema
    kind = schema.get("type")
    if "enum" in schema or "const" in schema or kind is None:
        return schema if _allows_null(schema) else {"anyOf": [schema, {"type": "null"}]}
    kinds = kind if isinstance(kind, list) else [kind]
    return schema if "null" in kinds else {**schema, "type": [*kinds, "null"]}


def _allows_null(schema: Schema) -> bool:
    options = schema.get("anyOf")
    if isinstance(options, list):
        return {"type": "null"} in options
    return None in schema["enum"] if isinstance(schema.get("enum"), list) else schema == {}
