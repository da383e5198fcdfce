"""Who asks for a run."""

from __future__ import annotations

from dataclasses import dataclass, field

from starlette.requests import Request

UPSTREAM_KEY_HEADER = "x-tandem-upstream-key"
"""Carries a key that a person typed in the browser: used for the request and the run it starts, never kept."""


@dataclass(frozen=True, slots=True)
class Caller:
    """The owner, the upstream key that came along, and whether file search results are to carry their text."""

    owner: str
    key: str | None = field(default=None, repr=False)
    with_content: bool = False


def caller_of(request: Request, *, with_content: bool = False) -> Caller:
    """The caller of this request."""
    key = request.headers.get(UPSTREAM_KEY_HEADER, "").strip() or None
    return Caller(request.state.owner, key, with_content)
