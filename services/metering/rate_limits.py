"""Rate limits as a server last stated them in its `x-ratelimit-*` headers."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import UTC, datetime
from typing import Literal

from sqlalchemy import delete, select

from services.storage.database import Database
from services.storage.tables import RateLimitRow

UNITS_S = {"d": 86400.0, "h": 3600.0, "m": 60.0, "s": 1.0, "ms": 0.001, "us": 1e-6, "µs": 1e-6, "ns": 1e-9}
PART = re.compile(r"(\d+(?:\.\d+)?)(ms|us|µs|ns|[dhms])")
MAX_COUNT = 2**62


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


FIELDS = tuple(f.name for f in fields(RateLimit))


def parse_duration_s(text: str) -> float | None:
    """Seconds of a duration as OpenAI writes it: `1s`, `6m0s`, `120ms`; None when it is none."""
    text = text.strip().lower()
    if not text or PART.sub("", text):
        return _plain_seconds(text)
    return sum(float(number) * UNITS_S[unit] for number, unit in PART.findall(text))


def _plain_seconds(text: str) -> float | None:
    return float(text) if re.fullmatch(r"\d{1,12}(\.\d{1,9})?", text) else None


def parse_rate_limit(
    headers: Mapping[str, str], connection: str, model: str, seen_at: datetime
) -> RateLimit | None:
    """The rate limit in a response's headers; None when they carry none."""
    found = {name.lower(): value for name, value in headers.items()}
    counts = {
        f"{what}_{kind}": _count(found.get(f"x-ratelimit-{what}-{kind}"))
        for what in ("limit", "remaining")
        for kind in ("requests", "tokens")
    }
    resets = {
        f"reset_{kind}_s": parse_duration_s(found.get(f"x-ratelimit-reset-{kind}", ""))
        for kind in ("requests", "tokens")
    }
    if all(value is None for value in (*counts.values(), *resets.values())):
        return None
    return RateLimit(connection, model, seen_at, **counts, **resets)  # type: ignore[arg-type]


def _count(text: str | None) -> int | None:
    if text is None or not re.fullmatch(r"\s*[0-9]{1,18}\s*", text):
        return None
    return min(int(text), MAX_COUNT)


@dataclass(frozen=True, slots=True)
class Standing:
    """What is left of one limit now: a share from 0 to 1, and the seconds until all of it is there again.

    None where the server did not say, or where the clock was set back since.
    """

    limit: int | None
    share_left: float | None
    full_in_s: float | None


def standing(seen: RateLimit, kind: Literal["requests", "tokens"], now: datetime) -> Standing:
    """How one limit of what was seen stands now: what was used comes back evenly until it is reset."""
    limit, remaining = getattr(seen, f"limit_{kind}"), getattr(seen, f"remaining_{kind}")
    reset_s: float | None = getattr(seen, f"reset_{kind}_s")
    share = min(remaining / limit, 1.0) if limit and remaining is not None else None
    age_s = (now - seen.seen_at).total_seconds()
    if age_s < 0 or reset_s is None:
        return Standing(limit, share, None)
    if age_s >= reset_s:
        return Standing(limit, None if share is None else 1.0, 0.0)
    back = None if share is None else share + (1 - share) * age_s / reset_s
    return Standing(limit, back, reset_s - age_s)


class RateLimits:
    """Rate limits last seen by one owner, per connection and model."""

    def __init__(self, database: Database, owner: str) -> None:
        self._database = database
        self._owner = owner

    def see(self, connection: str, model: str, headers: Mapping[str, str]) -> RateLimit | None:
        """Remember what a response's headers say; None when they say nothing."""
        rate_limit = parse_rate_limit(headers, connection, model, datetime.now(UTC))
        if rate_limit is not None:
            self.remember(rate_limit)
        return rate_limit

    def remember(self, rate_limit: RateLimit) -> None:
        """Keep this as the last one seen for its connection and model."""
        values = {name: getattr(rate_limit, name) for name in FIELDS}
        with self._database.session() as session:
            session.merge(RateLimitRow(owner=self._owner, **values))

    def last(self, connection: str, model: str) -> RateLimit | None:
        """The one last seen for this connection and model."""
        with self._database.reading() as session:
            row = session.get(RateLimitRow, (self._owner, connection, model))
            return None if row is None else _rate_limit(row)

    def all(self) -> list[RateLimit]:
        """Every connection's and model's last one, newest first."""
        mine = select(RateLimitRow).where(RateLimitRow.owner == self._owner)
        with self._database.reading() as session:
            rows = session.scalars(mine.order_by(RateLimitRow.seen_at.desc()))
            return [_rate_limit(row) for row in rows]

    def delete_all(self) -> None:
        """Forget what was seen."""
        with self._database.session() as session:
            session.execute(delete(RateLimitRow).where(RateLimitRow.owner == self._owner))


def _rate_limit(row: RateLimitRow) -> RateLimit:
    return RateLimit(**{name: getattr(row, name) for name in FIELDS})
