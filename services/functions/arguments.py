"""The arguments a model wrote, held against a function's schema, which somebody else may have written.

A schema can be made to keep a checker busy for ever or send it to an address; so patterns are left to whoever answers
the call, references are counted, and none leads out of the schema.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

from services.errors import InvalidInput
from services.structured import Schema

MAX_ARGUMENTS_CHARS = 100_000
MAX_REFERENCES = 5_000

_PATTERNS = ("pattern", "patternProperties")
_MAPS_OF_SCHEMAS = ("properties", "$defs", "definitions", "dependentSchemas")
_VALUES = ("enum", "const", "default", "examples", "required")


def parse_arguments(arguments_json: str, parameters: Schema) -> dict[str, Any]:
    """The arguments of a call. Raises InvalidInput with a sentence that the model can act on."""
    if len(arguments_json) > MAX_ARGUMENTS_CHARS:
        raise InvalidInput(
            f"The arguments are longer than {MAX_ARGUMENTS_CHARS:,} characters. Send less text."
        )
    try:
        arguments = json.loads(arguments_json.strip() or "{}")
    except (ValueError, RecursionError) as error:
        raise InvalidInput("The arguments are not JSON. Send one JSON object.") from error
    if not isinstance(arguments, dict):
        raise InvalidInput("The arguments are no JSON object. Send one with a key for each parameter.")
    problem = _problem(arguments, parameters)
    if problem is not None:
        names = ", ".join(parameters.get("properties", {}))
        expected = f"The function takes: {names[:500]}." if names else "The function takes no arguments."
        raise InvalidInput(f"The arguments do not fit: {problem[:300]}. {expected}")
    return arguments


def _problem(arguments: dict[str, Any], parameters: Schema) -> str | None:
    from jsonschema import Draft202012Validator
    from jsonschema.exceptions import best_match
    from jsonschema.validators import extend
    from referencing import Registry
    from referencing.exceptions import Unresolvable

    counted = {key: _counted(Draft202012Validator.VALIDATORS[key]) for key in ("$ref", "$dynamicRef")}
    checker: Any = extend(Draft202012Validator, counted)  # type: ignore[no-untyped-call]
    validator = checker(_without_patterns(parameters), registry=Registry())
    try:
        problem = best_match(validator.iter_errors(arguments))
    except (Unresolvable, RecursionError):
        return "the schema of the function refers to something it does not have"
    if problem is None:
        return None
    where = "" if problem.json_path == "$" else f"{problem.json_path}: "
    return f"{where}{problem.message}"


def _counted(follow: Callable[..., Iterator[Any]]) -> Callable[..., Iterator[Any]]:
    """`follow` for a bounded number of times: a few references to each other can make millions of steps."""
    left = MAX_REFERENCES

    def counting(*args: Any) -> Iterator[Any]:
        nonlocal left
        left -= 1
        if left < 0:
            raise InvalidInput("The schema of the function is too entangled to check arguments against it.")
        yield from follow(*args) or ()

    return counting


def _without_patterns(schema: Any) -> Any:
    """The schema without regular expressions, and without what closes an object against names they allowed."""
    if isinstance(schema, list):
        return [_without_patterns(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    closes = ("additionalProperties", "unevaluatedProperties") if "patternProperties" in schema else ()
    dropped = (*_PATTERNS, *closes)
    return {key: _kept(key, value) for key, value in schema.items() if key not in dropped}


def _kept(key: str, value: Any) -> Any:
    if key in _VALUES:
        return value
    if key in _MAPS_OF_SCHEMAS and isinstance(value, dict):
        return {name: _without_patterns(part) for name, part in value.items()}
    return _without_patterns(value)
