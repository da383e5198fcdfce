"""Checks of plain values, in OpenAI's words."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from services.server.errors import ApiError
from services.server.rules.schema_errors import describe

Body = Mapping[str, Any]


def number(body: Body, name: str, low: float, high: float | None = None) -> None:
    """A number, where given, lies between the two."""
    value = body.get(name)
    if not isinstance(value, int | float):
        return
    kind = "integer" if isinstance(value, int) and isinstance(low, int) else "decimal"
    if value < low:
        raise _invalid(
            name,
            f"{kind} below minimum value. Expected a value >= {_plain(low)}, but got {value} instead.",
            f"{kind}_below_min_value",
        )
    if high is not None and value > high:
        raise _invalid(
            name,
            f"{kind} above maximum value. Expected a value <= {_plain(high)}, but got {value} instead.",
            f"{kind}_above_max_value",
        )


def _plain(limit: float) -> str:
    return str(limit) if isinstance(limit, int) else f"{limit:g}"


def items(value: Any, param: str, longest: int, shortest: int = 0) -> None:
    """An array or object, where given, has a fitting number of entries."""
    if not isinstance(value, list | dict):
        return
    kind = describe(value).partition(" ")[2]
    if len(value) < shortest:
        message = f"empty {kind}. Expected an {kind} with minimum length {shortest}, but got an empty {kind} instead."
        raise _invalid(param, message, f"empty_{kind}")
    if len(value) > longest:
        message = f"{kind} too long. Expected an {kind} with maximum length {longest}, but got an {kind} with length {len(value)} instead."
        raise _invalid(param, message, f"{kind}_above_max_length")


def text(value: Any, param: str, longest: int) -> None:
    """A string, where given, is short enough."""
    if isinstance(value, str) and len(value) > longest:
        message = f"string too long. Expected a string with maximum length {longest}, but got a string with length {len(value)} instead."
        raise _invalid(param, message, "string_above_max_length")


def name(value: Any, param: str, longest: int = 64) -> None:
    """The name of a function or schema: letters, digits, `_` and `-`."""
    text(value, param, longest)
    if isinstance(value, str) and not re.fullmatch(r"[a-zA-Z0-9_-]+", value):
        message = (
            "string does not match pattern. Expected a string that matches the pattern '^[a-zA-Z0-9_-]+$'."
        )
        raise _invalid(param, message, "invalid_value")


def metadata(value: Any) -> None:
    """At most 16 pairs, keys up to 64 and values up to 512 characters."""
    items(value, "metadata", 16)
    for key, entry in (value or {}).items():
        text(key, "metadata", 64)
        text(entry, f"metadata.{key}", 512)


def unsupported(param: str, reason: str) -> ApiError:
    """400 for something OpenAI knows and the local model cannot do."""
    message = f"Unsupported parameter: '{param}' is not supported with this model. {reason}"
    return ApiError(400, message.strip(), code="unsupported_parameter", param=param)


def picture_url(url: str, param: str) -> None:
    """The address of a picture is one of the web, or a data URL."""
    try:
        is_one = urlsplit(url).scheme in ("http", "https", "data")
    except ValueError:
        is_one = False
    if not is_one:
        message = f"Invalid '{param}'. Expected a valid URL, but got a value with an invalid format."
        raise ApiError(400, message, code="invalid_image_url", param=param)


def _invalid(param: str, what: str, code: str) -> ApiError:
    return ApiError(400, f"Invalid '{param}': {what}", code=code, param=param)
