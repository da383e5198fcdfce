from datetime import UTC, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from services.metering.ledger import Ledger, day_start, month_start
from services.metering.records import Totals
from services.turns import Usage
from tests.services.metering.make import NOON, call


def test_a_call_comes_back_as_it_was_entered(ledger):
    entered = call(
        conversation_id="conv_1",
        turn_id="turn_1",
        cost_usd=Decimal("0.00000001234567890123456789"),
        ttft_s=0.4,
        duration_s=1.5,
    )
    ledger.record(entered)
    assert ledger.rows() == [entered]


def test_sums_are_exact_and_unknown_is_counted_never_zero(ledger):
    for cost in (Decimal("0.1"), Decimal("0.2"), None):
        ledger.record(call(cost_usd=cost))
    ledger.record(call(usage=Usage(), cost_usd=None, status="failed", answered_by=None))
    assert ledger.totals() == Totals(4, Usage(300, 60, 192, 0, 15), Decimal("0.3"), 2, 1)


def test_an_empty_ledger_knows_nothing_about_tokens(ledger):
    assert ledger.totals() == Totals()


def test_totals_can_be_of_a_conversation_or_since_a_moment(ledger):
    ledger.record(call(conversation_id="a", cost_usd=Decimal(1)))
    ledger.record(call(conversation_id="b", cost_usd=Decimal(2), at=NOON + timedelta(hours=1)))
    assert ledger.totals(conversation_id="a").cost_usd == 1
    assert ledger.totals(since=NOON + timedelta(hours=1)).cost_usd == 2
    assert ledger.totals(since=NOON, conversation_id="b").calls == 1


def test_rows_are_newest_first_and_bounded(ledger):
    for minute in range(5):
        ledger.record(call(at=NOON + timedelta(minutes=minute)))
    assert [row.at.minute for row in ledger.rows(limit=2)] == [4, 3]


def test_each_owner_has_a_ledger(database, ledger):
    ledger.record(call())
    other = Ledger(database, "bob")
    assert other.rows() == []
    other.delete_all()
    assert ledger.totals().calls == 1


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
    found = day_start(datetime.fromisoformat(now), ZoneInfo(zone))
    assert found == datetime.fromisoformat(start)
    assert found.tzinfo is UTC


def test_a_month_begins_at_local_midnight_of_its_first_day():
    now = datetime(2026, 11, 1, 2, 0, tzinfo=UTC)
    assert month_start(now, ZoneInfo("America/New_York")) == datetime(2026, 10, 1, 4, 0, tzinfo=UTC)
