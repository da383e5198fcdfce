"""What pydantic found, said as OpenAI says it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from services.server.errors import ApiError

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails, ValidationError

BRANCH = "\x00"
"""Starts every part of an error's location that names a branch of a union, not a part of the body."""

_EXPECTED = {
    "string_type": "a string",
    "int_type": "an integer",
    "int_from_float": "an integer",
    "float_type": "a decimal",
    "bool_type": "a boolean",
    "list_type": "an array",
    "dict_type": "an object",
    "union_tag_not_found": "an object",
    "model_attributes_type": "an object",
    "is_instance_of": "an array",
    "literal_error": "a string",
}
_NAMES: tuple[tuple[type, str], ...] = (
    (bool, "a boolean"),
    (int, "an integer"),
    (float, "a decimal"),
    (str, "a string"),
    (list, "an array"),
    (dict, "an object"),
)


def to_api_error(error: ValidationError, body: Mapping[str, Any]) -> ApiError:
    """The one complaint worth telling, as a 400."""
    details = error.errors(include_url=False, include_context=True)
    first = min(details, key=_rank)
    same = [d for d in details if _path(d) == _path(first)]
    return _say(first, same)


def path_text(location: Sequence[str | int]) -> str:
    """A place in the body as OpenAI writes it: `messages[0].content`."""
    text = ""
    for part in location:
        text += f"[{part}]" if isinstance(part, int) else f".{part}" if text else part
    return text


def describe(value: object) -> str:
    """The JSON type of a value with its article."""
    if value is None:
        return "null"
    return next((name for kind, name in _NAMES if isinstance(value, kind)), "something else")


def missing(param: str) -> ApiError:
    """400 for something required that is not there."""
    return ApiError(
        400, f"Missing required parameter: '{param}'.", code="missing_required_parameter", param=param
    )


def invalid_type(param: str, expected: str, value: object) -> ApiError:
    """400 for a value of the wrong JSON type."""
    message = f"Invalid type for '{param}': expected {expected}, but got {describe(value)} instead."
    return ApiError(400, message, code="invalid_type", param=param)


def invalid_choice(param: str, value: object, choices: Sequence[str]) -> ApiError:
    """400 for a value that is none of the allowed ones."""
    quoted = [f"'{choice}'" for choice in choices]
    listed = " and ".join([", ".join(quoted[:-1]), quoted[-1]]) if len(quoted) > 1 else quoted[0]
    message = f"Invalid value: '{value}'. Supported values are: {listed}."
    return ApiError(400, message, code="invalid_value", param=param)


def _path(detail: ErrorDetails) -> tuple[str | int, ...]:
    return tuple(p for p in detail["loc"] if not (isinstance(p, str) and p.startswith(BRANCH)))


def _rank(detail: ErrorDetails) -> tuple[bool, int]:
    """Unknown names of the request itself come last; else the branch of a union that got furthest is meant."""
    path = _path(detail)
    return detail["type"] == "extra_forbidden" and len(path) == 1, -len(path)


def _say(detail: ErrorDetails, same_place: Sequence[ErrorDetails]) -> ApiError:
    param, value = path_text(_path(detail)), detail["input"]
    context: Mapping[str, Any] = detail.get("ctx", {})
    match detail["type"]:
        case "missing":
            return missing(param)
        case "extra_forbidden":
            return ApiError(400, f"Unknown parameter: '{param}'.", code="unknown_parameter", param=param)
        case "literal_error" if isinstance(value, str):
            return invalid_choice(param, value, _unquoted(context["expected"]))
        case "union_tag_invalid":
            return _wrong_tag(param, context)
        case "union_tag_not_found" if isinstance(value, dict):
            return missing(f"{param}.{_tag_key(param)}")
    expected = list(dict.fromkeys(_EXPECTED[d["type"]] for d in same_place if d["type"] in _EXPECTED))
    words = " or ".join(expected) or "another type"
    return invalid_type(param, f"one of {words}" if len(expected) > 1 else words, value)


def _wrong_tag(param: str, context: Mapping[str, Any]) -> ApiError:
    tags = _unquoted(context["expected_tags"].replace(BRANCH, "").replace("\\x00", ""))
    tag = str(context["tag"]).removeprefix(BRANCH)
    return invalid_choice(f"{param}.{_tag_key(param)}", tag, tags)


def _tag_key(param: str) -> str:
    return "role" if re.fullmatch(r"messages\[\d+\]", param) else "type"


def _unquoted(listed: str) -> list[str]:
    return [part.strip().strip("'") for part in listed.replace(" or ", ", ").split(",")]
