"""The arguments a model wrote, held against a function's schema, which somebody else may have written."""

from __future__ import annotations

import json
from typing import Any

from services.errors import InvalidInput
from services.schema_checks import TooEntangled, problems
from services.structured import Schema

MAX_ARGUMENTS_CHARS = 100_000


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
    from jsonschema.exceptions import best_match

    try:
        problem = best_match(problems(arguments, parameters))
    except TooEntangled as error:
        raise InvalidInput(
            "The schema of the function is too entangled to check arguments against it."
        ) from error
    except ValueError:
        return "the schema of the function refers to something it does not have"
    if problem is None:
        return None
    where = "" if problem.json_path == "$" else f"{problem.json_path}: "
    return f"{where}{problem.message}"
