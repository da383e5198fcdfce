from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from sqlalchemy import update

from services.errors import InvalidInput, NotFound
from services.storage.tables import TurnRow
from services.turns import (
    Attachment,
    Citation,
    Failed,
    Mode,
    RequestSent,
    TextDelta,
    ToolCall,
    ToolStep,
    Trimmed,
    TurnStatus,
    Usage,
    UsageReport,
)
from tests.services.storage.make import chain, exchange, turn


def test_a_new_conversation_is_empty_and_unnamed(alice):
    made = alice.create(settings={"model": "gpt-6-luna", "temperature": 0.2})
    assert alice.get(made.id) == made
    assert (made.title, made.leaf_turn_id, made.turn_count) == (None, None, 0)
    assert made.mode is Mode.CHAT_COMPLETIONS
    assert made.settings == {"model": "gpt-6-luna", "temperature": 0.2}
    assert made.created_at.tzinfo is UTC
    assert alice.branch(made.id) == []
    assert alice.branch_length(made.id) == 0


def test_list_gives_the_one_talked_in_last_first(alice):
    first, second, third = (alice.create(title=t) for t in ("one", "two", "three"))
    alice.save_turn(turn(first.id))
    assert [c.id for c in alice.list()] == [first.id, third.id, second.id]
    assert [c.id for c in alice.list(limit=1, offset=1)] == [third.id]
    assert alice.list()[0].turn_count == 1


def test_list_can_be_limited_to_a_mode(alice):
    alice.create()
    other = alice.create(Mode.RESPONSES)
    assert [c.id for c in alice.list(mode=Mode.RESPONSES)] == [other.id]


def test_rename_keeps_one_clean_line(alice):
    made = alice.create()
    alice.rename(made.id, "  A name\n with\0 lines ")
    assert alice.get(made.id).title == "A name with lines"


@pytest.mark.parametrize("title", ["", "  \n", "x" * 201])
def test_rename_refuses_what_is_no_name(alice, title):
    made = alice.create(title="kept")
    with pytest.raises(InvalidInput):
        alice.rename(made.id, title)
    assert alice.get(made.id).title == "kept"


def test_settings_are_replaced(alice):
    made = alice.create(settings={"a": 1})
    alice.set_settings(made.id, {"b": [1, None, {"c": "ü"}]})
    assert alice.get(made.id).settings == {"b": [1, None, {"c": "ü"}]}


def test_everything_of_a_turn_comes_back(alice):
    made = turn(
        alice.create().id, "look\x00 at this 🙂", "", files=(Attachment("a.png", "image/png", b"\x89\xff"),)
    )
    call = ToolCall("call_1", "calculator", '{"expression": "19 % of 84"}')
    made.apply(RequestSent("POST", "/chat/completions", 812, 3, 200, Trimmed(2, 900, "to fit")))
    made.apply(TextDelta("Let me see."))
    made.apply(ToolStep(call, "requested"))
    made.apply(ToolStep(call, "completed", "15.96"))
    made.apply(UsageReport("gpt-6-luna-2026-09-22", Usage(100, 20, 64, None, 5), 0.4, 1.5))
    made.apply(TextDelta("15.96"))
    made.apply(Citation("【1:0†a】", 0, 8, "file_1", "a.pdf", "quote", 3))
    made.apply(Failed("Too many requests. Wait.", True, "rate_limit", exchange(1)))
    made.cost_usd = Decimal("0.0000123456789")
    made.settings = {"temperature": 0.5}
    alice.save_turn(made)
    assert alice.turn(made.id) == made
    assert alice.branch(made.conversation_id) == [replace(made, exchanges=[])]


def test_halves_of_an_emoji_from_a_broken_stream_are_stored(alice):
    made = turn(alice.create().id, "hi", "a \ud83d\ude00 b \ud83d c")
    alice.save_turn(made)
    assert alice.turn(made.id).text == "a 😀 b \ufffd c"


def test_a_growing_turn_is_stored_as_far_as_it_came(alice):
    made = turn(alice.create().id, answered="")
    alice.save_turn(made)
    made.apply(TextDelta("half"))
    alice.save_turn(made)
    found = alice.turn(made.id)
    assert (found.status, found.text) == (TurnStatus.STREAMING, "half")
    assert alice.get(made.conversation_id).turn_count == 1


def test_only_new_exchanges_are_appended_even_when_the_turn_came_without_the_old_ones(alice):
    made = turn(alice.create().id)
    made.exchanges = [exchange(1, "x" * 100_000)]
    alice.save_turn(made)
    made.exchanges.append(exchange(2))
    alice.save_turn(made)
    reloaded = alice.branch(made.conversation_id)[0]
    reloaded.exchanges.append(exchange(3))
    alice.save_turn(reloaded)
    assert alice.exchanges(made.id) == [exchange(1, "x" * 100_000), exchange(2), exchange(3)]


def test_a_turn_of_a_deleted_conversation_does_not_bring_it_back(alice):
    made = turn(alice.create().id, answered="")
    alice.save_turn(made)
    alice.delete(made.conversation_id)
    with pytest.raises(NotFound):
        alice.save_turn(made)
    assert alice.list() == []


def test_a_turn_needs_a_parent_in_its_own_conversation(alice):
    here, there = alice.create(), alice.create()
    stranger = turn(there.id)
    alice.save_turn(stranger)
    with pytest.raises(NotFound):
        alice.save_turn(turn(here.id, parent=stranger))
    assert alice.get(here.id).turn_count == 0


def test_silent_turns_become_interrupted_and_keep_what_had_arrived(library):
    alice = library.alice
    conversation = alice.create()
    silent, alive = turn(conversation.id, answered=""), turn(conversation.id, answered="")
    waiting = turn(conversation.id, answered="")
    waiting.status = TurnStatus.AWAITING_APPROVAL
    silent.apply(TextDelta("as far as quagmire"))
    for made in (silent, alive, waiting):
        alice.save_turn(made)
    with library.database.session() as session:
        old = datetime.now(UTC) - timedelta(seconds=60)
        session.execute(update(TurnRow).where(TurnRow.id.in_([silent.id, waiting.id])).values(saved_at=old))
    assert alice.interrupt_stale() == 1
    assert alice.turn(silent.id).status is TurnStatus.INTERRUPTED
    assert alice.turn(silent.id).text == "as far as quagmire"
    assert alice.turn(alive.id).status is TurnStatus.STREAMING
    assert alice.turn(waiting.id).status is TurnStatus.AWAITING_APPROVAL
    assert [hit.turn_id for hit in alice.search("quagmire")] == [silent.id]


def test_touch_keeps_a_turn_that_waits_for_its_first_token_alive(library):
    made = turn(library.alice.create().id, answered="")
    library.alice.save_turn(made)
    with library.database.session() as session:
        session.execute(update(TurnRow).values(saved_at=datetime.now(UTC) - timedelta(seconds=60)))
    library.alice.touch(made.id)
    assert library.alice.interrupt_stale() == 0


def test_a_missing_file_does_not_hide_the_conversation(library):
    file = Attachment("a.txt", "text/plain", b"bytes")
    made = turn(library.alice.create().id, files=(file,))
    library.alice.save_turn(made)
    for blob in library.blobs.folder.glob("*/*"):
        blob.unlink()
    found = library.alice.branch(made.conversation_id)[0]
    assert found.text == made.text
    assert found.user.attachments == (Attachment("a.txt", "text/plain", b""),)


def test_report_counts_what_is_kept(library):
    file = Attachment("a.bin", "application/octet-stream", b"x" * 1000)
    made = turn(library.alice.create().id, files=(file,))
    made.exchanges = [exchange(1), exchange(2)]
    library.alice.save_turn(made)
    chain(library.bob, library.bob.create().id, 3)
    report = library.alice.storage_report()
    assert (report.conversations, report.turns, report.exchanges, report.calls) == (1, 1, 2, 0)
    assert report.blobs_bytes == 1000
    assert report.database_bytes > 10_000
