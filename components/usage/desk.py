"""What the ledger says of a period, read piece by piece and remembered until a piece changes."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import streamlit as st

from components import state
from components.house import House
from services.metering.periods import Period, Span, span, today
from services.metering.sums import ConversationSum, Stamp, Sum, Sums

SLOW_CALLS = 100_000
DEAREST = 5
LOOK_BACK = timedelta(days=90)


@dataclass(frozen=True, slots=True)
class Spending:
    """A period of the ledger: for each of its buckets the sums. `later_calls` are dated after it, by a clock that was ahead."""

    span: Span
    sums: tuple[tuple[Sum, ...], ...]
    dearest: tuple[ConversationSum, ...]
    later_calls: int

    @property
    def all(self) -> tuple[Sum, ...]:
        """The sums of all buckets, one after the other."""
        return tuple(one for sums in self.sums for one in sums)

    @property
    def calls(self) -> int:
        """How many calls there were."""
        return sum(one.calls for one in self.all)

    @property
    def cost_usd(self) -> Decimal:
        """What is known of the cost."""
        return sum((one.cost_usd for one in self.all), Decimal(0))


def read(house: House, period: Period) -> Spending:
    """Read a period. What was read before is read again only where calls were entered or forgotten since."""
    sums = house.ledger.sums
    now = datetime.now(UTC)
    cut = span(period, now, state.zone(), sums.first_at() if period == "All" else None)
    stamps = [sums.stamp(bucket.start, bucket.end) for bucket in cut.buckets]
    count = sum(calls for calls, _ in stamps)
    with st.spinner(f"Adding up {count:,} calls", show_time=count > SLOW_CALLS):
        found = tuple(
            _between(sums.owner, b.start, b.end, s, sums) if s[0] else ()
            for b, s in zip(cut.buckets, stamps, strict=True)
        )
        dearest = _dearest(sums.owner, cut.start, cut.end, _whole(stamps), sums) if count else ()
    return Spending(cut, found, dearest, sums.calls_since(cut.end))


def callers(house: House, models: Iterable[str]) -> tuple[tuple[str, str], ...]:
    """Which of these models each conversation called in the last 90 days."""
    sums, now = house.ledger.sums, datetime.now(UTC)
    since = today(now - LOOK_BACK, state.zone()).start
    stamp = sums.stamp(since, now)
    return _callers(sums.owner, tuple(sorted(models)), since, stamp, sums) if stamp[0] else ()


def is_empty(house: House) -> bool:
    """Whether no call was ever made."""
    return house.ledger.sums.first_at() is None


def _whole(stamps: Iterable[Stamp]) -> Stamp:
    counts, lasts = zip(*stamps, strict=True)
    return sum(counts), max(lasts)


@st.cache_data(max_entries=4000, show_spinner=False)
def _between(owner: str, start: datetime, end: datetime, stamp: Stamp, _sums: Sums) -> tuple[Sum, ...]:
    return _sums.between(start, end)


@st.cache_data(max_entries=100, show_spinner=False)
def _dearest(
    owner: str, start: datetime, end: datetime, stamp: Stamp, _sums: Sums
) -> tuple[ConversationSum, ...]:
    return _sums.dearest_conversations(start, end, DEAREST)


@st.cache_data(max_entries=100, show_spinner=False)
def _callers(
    owner: str, models: tuple[str, ...], since: datetime, stamp: Stamp, _sums: Sums
) -> tuple[tuple[str, str], ...]:
    return _sums.conversations_of(models, since)
