"""What may be a function: its name, its description, its parameters and its answer, each within bounds."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from services.errors import InvalidInput
from services.functions.function_tool import Answer, CannedAnswer, FunctionTool
from services.structured import Schema, check_schema, dangling, parse_schema

MAX_NAME_CHARS = 64
MAX_DESCRIPTION_CHARS = 1_024
MAX_PARAMETERS_CHARS = 32_000
MAX_NESTING = 64
MAX_CANNED_CHARS = 100_000

_NAME = re.compile(rf"[a-zA-Z0-9_-]{{1,{MAX_NAME_CHARS}}}")


def make_function(
    name: str,
    description: str,
    parameters: str,
    answer: Answer,
    *,
    strict: bool = False,
    approval: bool | None = None,
) -> FunctionTool:
    """A function from what a person typed; `parameters` is JSON Schema, blank for none. Raises InvalidInput."""
    name, description = name.strip(), description.strip()
    check_name(name)
    if len(description) > MAX_DESCRIPTION_CHARS:
        raise InvalidInput(
            f"The description of {name} has {len(description):,} characters; {MAX_DESCRIPTION_CHARS:,} is the most."
        )
    if isinstance(answer, CannedAnswer) and len(answer.text) > MAX_CANNED_CHARS:
        raise InvalidInput(
            f"The canned answer of {name} has {len(answer.text):,} characters; {MAX_CANNED_CHARS:,} is the most."
        )
    _check_characters(description, answer.text if isinstance(answer, CannedAnswer) else "")
    return FunctionTool(
        name, description, check_parameters(parameters, strict=strict), answer, strict, approval
    )


def _check_characters(*texts: str) -> None:
    try:
        "".join(texts).encode()
    except UnicodeEncodeError as error:
        raise InvalidInput("The text has half a character in it. Type it again.") from error


def check_name(name: str) -> None:
    """Raise InvalidInput for what OpenAI takes for no function name."""
    if not _NAME.fullmatch(name):
        raise InvalidInput(
            f"“{name[:80]}” cannot be a function's name. Use 1 to 64 letters, digits, _ and -, without spaces."
        )


def check_parameters(text: str, *, strict: bool = False) -> Schema:
    """The JSON Schema of a function's arguments. Raises InvalidInput saying where it is none and what to do.

    With `strict` it must also fit OpenAI's strict mode.
    """
    if not text.strip():
        return {"type": "object", "properties": {}, "required": [], "additionalProperties": False}
    if len(text) > MAX_PARAMETERS_CHARS:
        raise InvalidInput(
            f"The parameters have {len(text):,} characters; {MAX_PARAMETERS_CHARS:,} is the most, as every request carries them."
        )
    schema = check_schema(text) if strict else parse_schema(text)
    problem = next(_problems(schema), None)
    if problem is not None:
        raise InvalidInput(problem)
    try:
        json.dumps(schema, ensure_ascii=False, allow_nan=False).encode()
    except ValueError as error:
        raise InvalidInput("The schema has half a character or a number without end in it.") from error
    return schema


def check_function(function: FunctionTool) -> FunctionTool:
    """A function that came from elsewhere than `make_function`, checked like one. Raises InvalidInput."""
    try:
        parameters = json.dumps(function.parameters)
    except (TypeError, RecursionError) as error:
        raise InvalidInput(f"The parameters of {function.name[:64]} are no JSON Schema.") from error
    return make_function(
        function.name,
        function.description,
        parameters,
        function.answer,
        strict=function.strict,
        approval=function.approval,
    )


def _problems(schema: Schema) -> Iterator[str]:
    for path, part, depth in _parts(schema):
        if depth > MAX_NESTING:
            yield f"{path[:200]} lies deeper than {MAX_NESTING} levels. Flatten the schema."
            return
        if isinstance(part, dict):
            yield from dangling(schema, path, part)


def _parts(value: Any, path: str = "$", depth: int = 0) -> Iterator[tuple[str, Any, int]]:
    """Every part of a JSON value with its path and depth, down to one level more than is allowed."""
    yield path, value, depth
    if depth > MAX_NESTING:
        return
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from _parts(inner, f"{path}.{key}", depth + 1)
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from _parts(inner, f"{path}[{index}]", depth + 1)
