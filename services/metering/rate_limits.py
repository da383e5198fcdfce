"""Rate limits as a server last stated them in its `x-ratelimit-*` headers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from services.storage.database import Database


@dataclass(frozen=True, slots=True)
class RateLimit:
    """What a server said about one model at one moment; None where it said nothing."""

    connection: str
    model: str
    seen_at: datetime
    limit_requests: int | None = None
    remaining_requests: int | None = None
    reset_requests_s: float | None = None
    limit_tokens: int | None = None
    remaining_tokens: int | None = None
    reset_tokens_s: float | None = None


def parse_rate_limit(
    headers: Mapping[str, str], connection: str, model: str, seen_at: datetime
) -> RateLimit | None:
    """The rate limit in a response's headers; None when they carry none."""
    raise NotImplementedError


class RateLimits:
    """Rate limits last seen by one owner."""

    def __init__(self, database: Database, owner: str) -> None: ...

    def remember(self, rate_limit: RateLimit) -> None:
        raise NotImplementedError

    def last(self, connection: str, model: str) -> RateLimit | None:
        raise NotImplementedError

    def all(self) -> list[RateLimit]:
        raise NotImplementedError
