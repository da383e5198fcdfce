"""Usage tiers: how much may be sent in a minute and in a day, and what runs out first.

Source: https://platform.openai.com/docs/guides/rate-limits; tiers.toml names where each figure is from.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from services.errors import InvalidInput

if TYPE_CHECKING:
    from services.metering.rate_limits import RateLimit
    from services.storage.preferences import Preferences

PREFERENCE = "rate_limit_tiers"
MAX_TIERS = 100
MAX_LIMIT = 10**12
MAX_CHARS = 200
MINUTE_S, DAY_S = 60, 86_400
Kind = Literal["requests", "tokens"]
LIMITS: tuple[tuple[str, Kind, int, str], ...] = (
    ("requests_per_minute", "requests", MINUTE_S, "Requests a minute"),
    ("tokens_per_minute", "tokens", MINUTE_S, "Tokens a minute"),
    ("requests_per_day", "requests", DAY_S, "Requests a day"),
    ("tokens_per_day", "tokens", DAY_S, "Tokens a day"),
)


@dataclass(frozen=True, slots=True)
class Tier:
    """What an account may send. None: no such limit, or not known."""

    name: str
    requests_per_minute: int | None = None
    tokens_per_minute: int | None = None
    requests_per_day: int | None = None
    tokens_per_day: int | None = None
    source: str = ""
    date: date | None = None


@dataclass(frozen=True, slots=True)
class Load:
    """How much of one limit a steady demand takes: a share above 1 runs out after so many seconds of each window."""

    label: str
    window_s: int
    limit: int
    wanted: float

    @property
    def share(self) -> float:
        """Demand as a part of the limit."""
        return self.wanted / self.limit if self.limit else float("inf") if self.wanted else 0.0

    @property
    def runs_out_after_s(self) -> float | None:
        """When it is used up, counted from a fresh start; None when it never is."""
        return self.window_s / self.share if self.share > 1 else None


def loads(tier: Tier, requests_per_minute: float, tokens_per_request: float) -> tuple[Load, ...]:
    """What a steady demand takes of each limit; the one that runs out first, or comes nearest to it, first."""
    per_minute = {"requests": requests_per_minute, "tokens": requests_per_minute * tokens_per_request}
    found = [
        Load(label, window_s, limit, per_minute[kind] * window_s / MINUTE_S)
        for name, kind, window_s, label in LIMITS
        if (limit := getattr(tier, name)) is not None
    ]
    return tuple(sorted(found, key=lambda load: (load.runs_out_after_s or float("inf"), -load.share)))


def most_requests_per_minute(tier: Tier, tokens_per_request: float) -> float | None:
    """The demand that all limits bear forever; None when there is no limit."""
    return min((1 / load.share for load in loads(tier, 1, tokens_per_request) if load.share), default=None)


def seen_tier(seen: RateLimit) -> Tier | None:
    """The limits a server stated in its headers; None when it stated none.

    Headers do not say whether requests are counted by the minute or by the day, but how long the used part takes to come back.
    Tokens are counted by the minute.
    """
    found: dict[str, Any] = {}
    if seen.limit_requests is not None:
        found["requests_per_day" if _is_by_day(seen) else "requests_per_minute"] = seen.limit_requests
    if seen.limit_tokens is not None:
        found["tokens_per_minute"] = seen.limit_tokens
    if not found:
        return None
    return Tier(
        f"{seen.model}, as {seen.connection} said",
        **found,
        source="response headers",
        date=seen.seen_at.date(),
    )


def _is_by_day(seen: RateLimit) -> bool:
    if not seen.limit_requests or seen.remaining_requests is None or not seen.reset_requests_s:
        return False
    used = seen.limit_requests - seen.remaining_requests
    # Between a minute and a day lies an hour, which nobody counts in: what is nearer to a day is one.
    return used > 0 and seen.reset_requests_s * seen.limit_requests / used > DAY_S / 4


class Tiers:
    """The tiers of one owner: those that are known, until some are changed."""

    def __init__(self, preferences: Preferences) -> None:
        self._preferences = preferences

    def all(self) -> tuple[Tier, ...]:
        """Every tier, as known or as changed."""
        stored = self._preferences.get(PREFERENCE)
        return known_tiers() if stored is None else tuple(_stored(entry) for entry in stored)

    @property
    def are_changed(self) -> bool:
        """Whether these are not the known ones any more."""
        return self._preferences.get(PREFERENCE) is not None

    def save(self, tiers: Sequence[Tier]) -> None:
        """Keep these tiers and no others. Raises InvalidInput for what is none."""
        if len(tiers) > MAX_TIERS:
            raise InvalidInput(f"{MAX_TIERS} tiers are the most. Remove one first.")
        names = [_checked(tier).name for tier in tiers]
        if twice := next((name for name in names if names.count(name) > 1), None):
            raise InvalidInput(f"Two tiers are called {twice}. Give one of them another name.")
        self._preferences.set(PREFERENCE, [_as_stored(tier) for tier in tiers])

    def reset(self) -> None:
        """Go back to the known ones."""
        self._preferences.set(PREFERENCE, None)


@cache
def known_tiers() -> tuple[Tier, ...]:
    """The tiers in tiers.toml."""
    data = tomllib.loads(Path(__file__).with_suffix(".toml").read_text(encoding="utf-8"))
    return tuple(Tier(**entry) for entry in data["tier"])


def _checked(tier: Tier) -> Tier:
    if not tier.name.strip() or max(len(tier.name), len(tier.source)) > MAX_CHARS:
        raise InvalidInput(f"A tier has a name, of at most {MAX_CHARS} characters.")
    limits = [getattr(tier, name) for name, _, _, _ in LIMITS]
    if all(limit is None for limit in limits):
        raise InvalidInput(f"{tier.name} limits nothing. Give it at least one figure.")
    if any(limit is not None and not 0 < limit <= MAX_LIMIT for limit in limits):
        raise InvalidInput(f"The limits of {tier.name} are whole numbers above 0.")
    return tier


def _as_stored(tier: Tier) -> dict[str, Any]:
    return {**asdict(tier), "date": tier.date.isoformat() if tier.date else None}


def _stored(entry: Mapping[str, Any]) -> Tier:
    day = entry.get("date")
    return Tier(**{**entry, "date": date.fromisoformat(day) if day else None})
