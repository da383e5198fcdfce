"""Stretches of time as a person counts them, in their own zone: days, weeks and months."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from decimal import Decimal
from typing import Literal

Period = Literal["7 days", "30 days", "This month", "12 months", "All"]
PERIODS: tuple[Period, ...] = ("7 days", "30 days", "This month", "12 months", "All")
Step = Literal["day", "week", "month"]
PACE_DAYS = 7
MOST_DAYS, MOST_WEEKS = 62, 58
"""More than this many bars and the next longer step is taken."""


@dataclass(frozen=True, slots=True)
class Bucket:
    """One bar of a chart: from the local midnight of `day` until `end`, both aware UTC; `end` is the next one's start."""

    day: date
    start: datetime
    end: datetime


@dataclass(frozen=True, slots=True)
class Span:
    """A period cut into buckets of one length, the oldest first; the last one holds today."""

    step: Step
    buckets: tuple[Bucket, ...]

    @property
    def start(self) -> datetime:
        """Where it begins."""
        return self.buckets[0].start

    @property
    def end(self) -> datetime:
        """Where it ends: after today, this week or this month."""
        return self.buckets[-1].end


def today(now: datetime, zone: tzinfo | None) -> Bucket:
    """The local day that `now` falls in; without a zone, this machine's."""
    day = now.astimezone(zone).date()
    return _bucket(day, _next("day", day), zone)


def this_month(now: datetime, zone: tzinfo | None) -> Bucket:
    """The local month that `now` falls in; without a zone, this machine's."""
    first = now.astimezone(zone).date().replace(day=1)
    return _bucket(first, _next("month", first), zone)


def span(period: Period, now: datetime, zone: tzinfo, first_at: datetime | None = None) -> Span:
    """The buckets of a period that ends today; `first_at` is when everything began."""
    last = now.astimezone(zone).date()
    if period in ("7 days", "30 days"):
        first = last - timedelta(days=int(period.split()[0]) - 1)
    elif period == "This month":
        first = last.replace(day=1)
    elif period == "12 months":
        first = last - timedelta(weeks=52)
    else:
        first = min(last, (first_at or now).astimezone(zone).date())
    step = _step((last - first).days + 1)
    days = list(_days(step, first, last))
    return Span(step, tuple(_bucket(day, _next(step, day), zone) for day in days))


def month_end(day: date) -> date:
    """The last day of its month."""
    return _next("month", day) - timedelta(days=1)


def by_month_end(costs_usd: Sequence[Decimal], last_day: date) -> Decimal:
    """What a month will have cost, when its days so far cost this and the rest cost what the last seven did on average."""
    week = costs_usd[-PACE_DAYS:]
    left = (month_end(last_day) - last_day).days
    return sum(costs_usd, Decimal(0)) + sum(week, Decimal(0)) / len(week) * left


def _step(day_count: int) -> Step:
    if day_count <= MOST_DAYS:
        return "day"
    return "week" if day_count <= 7 * MOST_WEEKS else "month"


def _days(step: Step, first: date, last: date) -> Iterator[date]:
    """The first day of each bucket."""
    if step == "week":
        first -= timedelta(days=first.weekday())
    elif step == "month":
        first = first.replace(day=1)
    while first <= last:
        yield first
        first = _next(step, first)


def _next(step: Step, day: date) -> date:
    if step == "month":
        return (day.replace(day=1) + timedelta(days=32)).replace(day=1)
    return day + timedelta(days=7 if step == "week" else 1)


def _bucket(day: date, following: date, zone: tzinfo | None) -> Bucket:
    return Bucket(day, _midnight(day, zone), _midnight(following, zone))


def _midnight(day: date, zone: tzinfo | None) -> datetime:
    return datetime.combine(day, time.min, tzinfo=zone).astimezone(UTC)
