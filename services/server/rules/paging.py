"""What the query of a list may say."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from services.server.errors import ApiError
from services.server.rules import limits
from services.server.rules.schema_errors import invalid_choice, invalid_type

if TYPE_CHECKING:
    from services.server.store.pages import Paging

LONGEST_PAGE = 100
ORDERS = ("asc", "desc")


def paging(query: Mapping[str, str], *, longest: int = LONGEST_PAGE, default: int = 20) -> Paging:
    """`limit`, `order`, `after` and `before` of a query string; ApiError 400 for what they may not be."""
    from services.server.store.pages import Paging

    if any("\x00" in value for value in query.values()):
        raise ApiError(
            400, "Invalid query: it holds a character that no text here has.", code="invalid_value"
        )
    order = query.get("order") or "desc"
    if order not in ORDERS:
        raise invalid_choice("order", order, ORDERS)
    return Paging(
        limit=_limit(query.get("limit"), longest, default),
        order="asc" if order == "asc" else "desc",
        after=query.get("after") or None,
        before=query.get("before") or None,
    )


def choice(query: Mapping[str, str], name: str, choices: tuple[str, ...]) -> str | None:
    """An optional parameter that is one of a few words."""
    value = query.get(name) or None
    if value is not None and value not in choices:
        raise invalid_choice(name, value, choices)
    return value


def number(query: Mapping[str, str], name: str) -> int | None:
    """An optional whole number, at least 0. ApiError 400."""
    text = query.get(name)
    if not text:
        return None
    if not text.isdecimal() or len(text) > 12:
        raise invalid_type(name, "an integer", text)
    return int(text)


def _limit(text: str | None, longest: int, default: int) -> int:
    if not text:
        return default
    if not text.removeprefix("-").isdecimal() or len(text) > 12:
        raise invalid_type("limit", "an integer", text)
    limits.number({"limit": int(text)}, "limit", 1, longest)
    return int(text)
