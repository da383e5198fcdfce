from datetime import timedelta
from decimal import Decimal

from services.metering.ledger import Ledger
from services.metering.records import Media, Totals
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


def test_sound_and_pictures_are_summed_and_what_was_made_here_apart(ledger):
    ledger.record(call(audio_s=1.5, local=True))
    ledger.record(call(characters=40, local=True))
    ledger.record(call(characters=60, pictures=2))
    totals = ledger.totals()
    assert totals.media == Media(1.5, 100, 2)
    assert totals.local_media == Media(1.5, 40, 0)
    assert (totals + totals).media == Media(3.0, 200, 4)


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
