from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest

from services.metering.periods import PERIODS, by_month_end, month_end, span, this_month, today
from tests.services.metering.make import NOON

BERLIN = ZoneInfo("Europe/Berlin")


@pytest.mark.parametrize(
    ("period", "step", "count"),
    [("7 days", "day", 7), ("30 days", "day", 30), ("This month", "day", 22), ("12 months", "week", 53)],
)
def test_a_period_ends_today_and_leaves_no_gap(period, step, count):
    cut = span(period, NOON, BERLIN)
    assert (cut.step, len(cut.buckets)) == (step, count)
    assert all(one.end == following.start for one, following in pairwise(cut.buckets))
    assert cut.start < NOON < cut.end


@pytest.mark.parametrize(
    ("days_ago", "step"), [(0, "day"), (61, "day"), (62, "week"), (405, "week"), (406, "month")]
)
def test_everything_is_shown_in_steps_that_a_chart_can_hold(days_ago, step):
    cut = span("All", NOON, UTC, NOON - timedelta(days=days_ago))
    assert cut.step == step and len(cut.buckets) <= 62
    assert cut.start <= NOON - timedelta(days=days_ago)


def test_days_are_local_and_as_long_as_the_clocks_make_them():
    cut = span("7 days", datetime(2026, 10, 27, 12, tzinfo=UTC), BERLIN)
    lengths = {bucket.day: bucket.end - bucket.start for bucket in cut.buckets}
    assert lengths[date(2026, 10, 25)] == timedelta(hours=25)
    assert lengths[date(2026, 10, 24)] == timedelta(hours=24)


@pytest.mark.parametrize("period", PERIODS)
def test_a_first_call_dated_ahead_of_the_clock_leaves_a_period_with_today(period):
    cut = span(period, NOON, UTC, NOON + timedelta(days=400))
    assert cut.start <= NOON < cut.end


def test_a_month_goes_on_as_its_last_week():
    costs = [Decimal(100)] + [Decimal(0)] * 14 + [Decimal(1)] * 7
    assert by_month_end(costs, date(2026, 11, 22)) == 107 + 8
    assert by_month_end([Decimal(2)], date(2026, 2, 27)) == 4
    assert month_end(date(2026, 12, 5)) == date(2026, 12, 31)


@pytest.mark.parametrize(
    ("now", "zone", "start"),
    [
        ("2026-11-22T23:30:00+00:00", "Europe/Berlin", "2026-11-22T23:00:00+00:00"),
        ("2026-11-22T12:00:00+00:00", "Asia/Kolkata", "2026-11-21T18:30:00+00:00"),
        (
            "2026-10-25T12:00:00+00:00",
            "Europe/Berlin",
            "2026-10-24T22:00:00+00:00",
        ),  # summer time ended that night
        ("2026-03-29T12:00:00+00:00", "Europe/Berlin", "2026-03-28T23:00:00+00:00"),  # and began that night
        ("2026-11-22T00:00:00+00:00", "UTC", "2026-11-22T00:00:00+00:00"),
    ],
)
def test_a_day_begins_at_local_midnight(now, zone, start):
    found = today(datetime.fromisoformat(now), ZoneInfo(zone)).start
    assert found == datetime.fromisoformat(start)
    assert found.tzinfo is UTC


def test_a_month_begins_at_local_midnight_of_its_first_day():
    now = datetime(2026, 11, 1, 2, 0, tzinfo=UTC)
    assert this_month(now, ZoneInfo("America/New_York")).start == datetime(2026, 10, 1, 4, 0, tzinfo=UTC)
