"""Attribute filters: which files of a store a search may look at."""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from typing import Any

Attributes = Mapping[str, Any]
Filter = Mapping[str, Any]

ORDERED: dict[str, Callable[[Any, Any], bool]] = {
    "gt": operator.gt,
    "gte": operator.ge,
    "lt": operator.lt,
    "lte": operator.le,
}


def admits(condition: Filter | None, attributes: Attributes) -> bool:
    """Whether a file with these attributes passes; one that lacks an attribute passes only `ne` and `nin`."""
    if condition is None:
        return True
    kind = condition["type"]
    if kind in ("and", "or"):
        parts = (admits(part, attributes) for part in condition["filters"])
        return all(parts) if kind == "and" else any(parts)
    return _compares(kind, attributes.get(condition["key"]), condition["value"])


def _compares(kind: str, has: Any, wanted: Any) -> bool:
    match kind:
        case "eq":
            return _same(has, wanted)
        case "ne":
            return not _same(has, wanted)
        case "in":
            return any(_same(has, value) for value in wanted)
        case "nin":
            return not any(_same(has, value) for value in wanted)
    return _comparable(has, wanted) and ORDERED[kind](has, wanted)


def _same(has: Any, wanted: Any) -> bool:
    """Equal, and of one kind: in JSON `true` is not 1."""
    return isinstance(has, bool) == isinstance(wanted, bool) and has == wanted


def _comparable(has: Any, wanted: Any) -> bool:
    if isinstance(has, bool) or isinstance(wanted, bool):
        return False
    numbers = isinstance(has, int | float) and isinstance(wanted, int | float)
    return numbers or (isinstance(has, str) and isinstance(wanted, str))
