"""What an attribute filter may be. The SDK's type says little of one inside another: it is checked here, however deep."""

from __future__ import annotations

from typing import Any

from services.server.errors import ApiError
from services.server.rules.schema_errors import invalid_choice, invalid_type, missing

DEEPEST = 16
COMPOUND = ("and", "or")
OF_A_LIST = ("in", "nin")
OF_A_VALUE = ("eq", "ne", "gt", "gte", "lt", "lte")


def check(condition: Any, where: str = "filters", depth: int = 1) -> None:
    """Raise the first thing wrong with a filter, as a 400."""
    if depth > DEEPEST:
        message = f"Invalid '{where}': filters are nested more than {DEEPEST} deep."
        raise ApiError(400, message, code="invalid_value", param=where)
    if not isinstance(condition, dict):
        raise invalid_type(where, "an object", condition)
    kind = _part(condition, "type", where)
    if kind not in COMPOUND:
        return _check_comparison(condition, kind, where)
    parts = _part(condition, "filters", where)
    if not isinstance(parts, list):
        raise invalid_type(f"{where}.filters", "an array", parts)
    for index, part in enumerate(parts):
        check(part, f"{where}.filters[{index}]", depth + 1)
    return None


def _check_comparison(condition: dict[str, Any], kind: Any, where: str) -> None:
    if kind not in (*OF_A_VALUE, *OF_A_LIST):
        raise invalid_choice(f"{where}.type", kind, (*OF_A_VALUE, *OF_A_LIST, *COMPOUND))
    key, value = _part(condition, "key", where), _part(condition, "value", where)
    if not isinstance(key, str):
        raise invalid_type(f"{where}.key", "a string", key)
    if kind in OF_A_VALUE and not isinstance(value, str | int | float):
        raise invalid_type(f"{where}.value", "one of a string, a decimal or a boolean", value)
    if kind in OF_A_LIST and not isinstance(value, list):
        raise invalid_type(f"{where}.value", "an array", value)


def _part(condition: dict[str, Any], name: str, where: str) -> Any:
    if name not in condition:
        raise missing(f"{where}.{name}")
    return condition[name]
