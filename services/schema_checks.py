"""JSON held against a schema that somebody else may have written.

A schema can be made to keep a checker busy for ever or send it to an address; so its patterns are not applied, its
references are counted, and none leads out of it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from jsonschema.exceptions import ValidationError

MAX_REFERENCES = 5_000

_PATTERNS = ("pattern", "patternProperties")
_MAPS_OF_SCHEMAS = ("properties", "$defs", "definitions", "dependentSchemas")
_VALUES = ("enum", "const", "default", "examples", "required")


class TooEntangled(Exception):
    """References that lead to each other make more steps than anybody waits for."""


def problems(value: Any, schema: dict[str, Any]) -> Iterator[ValidationError]:
    """What does not fit, but for patterns. Raises ValueError for a schema that cannot be applied, and TooEntangled."""
    from jsonschema import Draft202012Validator
    from jsonschema.exceptions import SchemaError
    from jsonschema.validators import extend
    from referencing import Registry
    from referencing.exceptions import Unresolvable

    counted = {key: _counted(Draft202012Validator.VALIDATORS[key]) for key in ("$ref", "$dynamicRef")}
    checker: Any = extend(Draft202012Validator, counted)  # type: ignore[no-untyped-call]
    # Without a registry of its own, jsonschema downloads whatever address a reference names.
    validator = checker(_without_patterns(schema), registry=Registry())
    try:
        yield from validator.iter_errors(value)
    except (SchemaError, Unresolvable, RecursionError) as error:
        raise ValueError("the schema cannot be applied") from error


def has_patterns(schema: Any) -> bool:
    """Whether a schema asks for regular expressions, which nothing is held against here."""
    return bool(_without_patterns(schema) != schema)


def _counted(follow: Callable[..., Iterator[Any]]) -> Callable[..., Iterator[Any]]:
    """`follow` for a bounded number of times: a few references to each other can make millions of steps."""
    left = MAX_REFERENCES

    def counting(*args: Any) -> Iterator[Any]:
        nonlocal left
        left -= 1
        if left < 0:
            raise TooEntangled
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
