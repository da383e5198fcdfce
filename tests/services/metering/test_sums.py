import csv
import io
from datetime import timedelta
from decimal import Decimal

import pytest
from sqlalchemy import Float, Integer
from sqlalchemy.schema import Column

from services.metering.export import sums_csv
from services.metering.ledger import Ledger
from services.metering.sums import Sum
from services.metering.units import Unit, units, units_among
from services.storage.database import open_database
from services.storage.tables import CallRow
from services.turns import Usage
from tests.services.metering.make import NOON, call
from tests.support.databases import KINDS, new_database, postgres  # noqa: F401

DAY = timedelta(days=1)


on_both = pytest.mark.parametrize("database", KINDS, indirect=True)


@pytest.fixture
def database(request, new_database):  # noqa: F811
    opened = open_database(new_database(getattr(request, "param", "sqlite")))
    yield opened
    opened.close()


def read_csv(data):
    return list(csv.DictReader(io.StringIO(data.decode("utf-8-sig"), newline="")))


@on_both
def test_calls_are_added_up_by_connection_mode_and_model(ledger):
    ledger.record(call(cost_usd=Decimal("0.1")))
    ledger.record(call(cost_usd=Decimal("0.2"), status="failed"))
    ledger.record(call(cost_usd=None, usage=Usage()))
    ledger.record(call(mode="assistants", cost_usd=Decimal(1)))
    assistants, chat = sorted(ledger.sums.between(NOON, NOON + DAY), key=lambda one: one.mode)
    assert assistants.cost_usd == 1
    assert chat == Sum("OpenAI", "chat_completions", "gpt-6-luna", False, 3, 1, 1, Decimal("0.3"), chat.units)
    assert chat.units["prompt_tokens"] == 200 and chat.units["reasoning_tokens"] == 10


def test_what_no_server_told_is_left_out_and_not_zero(ledger):
    ledger.record(call(usage=Usage(), cost_usd=None))
    (one,) = ledger.sums.between(NOON, NOON + DAY)
    assert one.units == {} and one.unknown_cost_calls == 1 and one.cost_usd == 0


def test_a_stretch_begins_with_its_start_and_ends_before_its_end(ledger):
    for at in (NOON - timedelta(microseconds=1), NOON, NOON + DAY):
        ledger.record(call(at=at))
    assert [one.calls for one in ledger.sums.between(NOON, NOON + DAY)] == [1]


def test_nobody_sees_the_sums_of_another(database, ledger):
    ledger.record(call(conversation_id="mine", cost_usd=Decimal(1)))
    sums = Ledger(database, "bob").sums
    assert sums.first_at() is None and sums.calls_since(NOON) == 0
    assert sums.stamp(NOON, NOON + DAY) == (0, 0)
    assert sums.between(NOON, NOON + DAY) == ()
    assert sums.dearest_conversations(NOON, NOON + DAY, 5) == ()
    assert sums.conversations_of(["gpt-6-luna"], NOON) == ()
    assert Ledger(database, "bob").csv(NOON).count(b"\n") == 1


@on_both
def test_a_stamp_changes_with_every_call_also_one_entered_late(ledger):
    ledger.record(call(at=NOON))
    seen = ledger.sums.stamp(NOON, NOON + DAY)
    ledger.record(call(at=NOON + 5 * DAY))
    assert ledger.sums.stamp(NOON, NOON + DAY) == seen
    ledger.record(call(at=NOON))  # the clock was set back since
    changed = ledger.sums.stamp(NOON, NOON + DAY)
    assert changed != seen
    ledger.delete_all()
    ledger.record(call(at=NOON))
    ledger.record(call(at=NOON))
    ledger.delete_all()
    assert ledger.sums.stamp(NOON, NOON + DAY) == (0, 0)


@on_both
def test_the_dearest_conversations_come_first_and_free_ones_not_at_all(ledger):
    for name, cost in (("a", "0.2"), ("b", "0.3"), ("a", "0.2"), ("free", "0"), (None, "9")):
        ledger.record(call(conversation_id=name, cost_usd=Decimal(cost)))
    found = ledger.sums.dearest_conversations(NOON, NOON + DAY, 5)
    assert [(one.conversation_id, one.calls, one.cost_usd) for one in found] == [
        ("a", 2, Decimal("0.4")),
        ("b", 1, Decimal("0.3")),
    ]


def test_conversations_are_found_by_the_models_they_called(ledger):
    for conversation, model in (("a", "gpt-4.1"), ("a", "gpt-4.1"), ("b", "gpt-6-luna"), ("c", "gpt-4.1")):
        ledger.record(call(conversation_id=conversation, model=model))
    assert set(ledger.sums.conversations_of(["gpt-4.1"], NOON)) == {("gpt-4.1", "a"), ("gpt-4.1", "c")}


def test_calls_dated_ahead_of_the_clock_are_told(ledger):
    ledger.record(call(at=NOON + 3 * DAY))
    assert ledger.sums.calls_since(NOON + DAY) == 1


def test_every_number_of_the_ledger_is_a_unit_and_a_new_one_appears_by_itself():
    names = [unit.name for unit in units()]
    assert "prompt_tokens" in names
    assert not {"number", "cost_usd", "ttft_s", "duration_s", "local"} & set(names)
    more = [*CallRow.__table__.columns, Column("picture_count", Integer), Column("video_s", Float)]
    assert units_among(more)[-2:] == (Unit("picture_count", "Pictures"), Unit("video_s", "Video seconds"))


@on_both
def test_every_call_is_in_the_export_newest_first_and_no_cell_runs(ledger):
    ledger.record(call(cost_usd=Decimal("0.00000001234567890123")))
    ledger.record(
        call(at=NOON + DAY, model="=cmd|' /C calc'!A0", connection="@evil", usage=Usage(), local=True)
    )
    live, plain = read_csv(ledger.csv(NOON))
    assert (live["model"], live["connection"]) == ("'=cmd|' /C calc'!A0", "'@evil")
    assert (live["prompt_tokens"], live["cost_usd"], live["local"]) == ("", "", "true")
    assert plain["cost_usd"] == "0.00000001234567890123" and plain["at"] == "2026-11-22T12:00:00+00:00"
    assert "owner" not in plain
    assert len(read_csv(ledger.csv(NOON + DAY))) == 1


def test_sums_are_exported_with_the_day_they_begin_on(ledger):
    ledger.record(call(cost_usd=Decimal("0.5")))
    (row,) = read_csv(sums_csv([(NOON.date(), ledger.sums.between(NOON, NOON + DAY))]))
    assert (row["day"], row["model"], row["calls"], row["cost_usd"]) == (
        "2026-11-22",
        "gpt-6-luna",
        "1",
        "0.5",
    )
    assert row["completion_tokens"] == "20"
