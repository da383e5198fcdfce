"""What the query of a list of passages may say."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.datastructures import QueryParams

from services.server.rules import limits
from services.server.rules.paging import paging
from services.server.rules.schema_errors import invalid_choice, invalid_type

if TYPE_CHECKING:
    from services.server.store.passage_list import Wanted

VECTOR = "vector"
MOST_SKIPPED = 1_000_000


def wanted(query: QueryParams) -> Wanted:
    """`limit`, `after`, `every` and `include[]` of a query string; ApiError 400 for what they may not be."""
    from services.server.store.passage_list import Wanted

    page = paging(query)
    included = [*query.getlist("include[]"), *query.getlist("include")]
    for name in included:
        if name != VECTOR:
            raise invalid_choice("include", name, (VECTOR,))
    return Wanted(page.limit, page.after, _every(query.get("every")), bool(included))


def _every(text: str | None) -> int:
    if not text:
        return 1
    if not text.removeprefix("-").isdecimal() or len(text) > 12:
        raise invalid_type("every", "an integer", text)
    limits.number({"every": int(text)}, "every", 1, MOST_SKIPPED)
    return int(text)
