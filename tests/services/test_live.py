"""Turns in flight: stored as they grow, stopped at once, never lost."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import pytest

from services.chat import Chat, ChatOptions
from services.clients import Connection
from services.live import KeptByServer, LiveTurns
from services.loop import BackgroundLoop
from services.metering.budgets import Budgets, Limits
from services.metering.ledger import Ledger
from services.metering.rate_limits import RateLimits
from services.storage.conversations import Conversations
from services.storage.database import open_database
from services.storage.folder_blobs import FolderBlobs
from services.storage.preferences import Preferences
from services.turns import Event, Finished, Message, Mode, TextDelta, Turn, TurnStatus, Usage, UsageReport
from tests.support.upstream import RATE_LIMIT_HEADERS, Script, ScriptedUpstream, ToolCall, broken

MODEL = "gpt-6-luna"


@dataclass
class Home:
    upstream: ScriptedUpstream
    conversations: Conversations
    ledger: Ledger
    budgets: Budgets
    rate_limits: RateLimits
    live: LiveTurns
    chat: Chat
    connection: Connection

    def ask(
        self, text: str, parent_id: str | None = None, conversation_id: str | None = None, **options: object
    ):
        conversation = conversation_id or self.conversations.create(title="A test").id
        return self.chat.ask(
            conversation,
            Message("user", text),
            self.connection,
            ChatOptions(MODEL, **options),
            parent_id=parent_id,
        )


@pytest.fixture(scope="module")
def loop() -> BackgroundLoop:
    return BackgroundLoop()


@pytest.fixture
def home(tmp_path: Path, loop: BackgroundLoop) -> Iterator[Home]:
    database = open_database(f"sqlite:///{tmp_path / 'tandem.db'}")
    conversations = Conversations(database, FolderBlobs(tmp_path / "blobs"), "alice")
    ledger, rate_limits = Ledger(database, "alice"), RateLimits(database, "alice")
    budgets = Budgets(Preferences(database, "alice"))
    live = LiveTurns(loop, conversations, ledger, rate_limits)
    chat = Chat(conversations, live, ledger, budgets)
    with ScriptedUpstream() as upstream:
        connection = Connection("Scripted", "compatible", upstream.base_url, "sk-secret-key-of-the-test")
        yield Home(upstream, conversations, ledger, budgets, rate_limits, live, chat, connection)


def test_finished_turn_is_stored_with_usage_cost_and_what_was_sent(home: Home) -> None:
    live = home.ask("Hello")
    live.join()
    stored = home.conversations.turn(live.turn.id)
    assert (stored.status, stored.text) == (TurnStatus.COMPLETED, "Hello world")
    assert stored.usage is not None and stored.usage.prompt_tokens == 11
    assert stored.cost_usd is not None and stored.cost_usd > 0
    exchange = home.conversations.exchanges(stored.id)[0]
    assert exchange.status == 200 and '"Hello"' in exchange.request_body
    assert "sk-secret" not in repr(exchange)
    totals = home.ledger.totals(conversation_id=stored.conversation_id)
    assert (totals.calls, totals.cost_usd) == (1, stored.cost_usd)


def test_turn_is_stored_before_the_first_token(home: Home) -> None:
    home.upstream.play(Script(hang=True))
    live = home.ask("Hello")
    assert home.upstream.holding.wait(5)
    assert home.conversations.turn(live.turn.id).status is TurnStatus.STREAMING
    live.stop()
    live.join()


def test_partial_answer_survives_stop(home: Home) -> None:
    home.upstream.play(Script(text=("Half", " an", " answer"), hold_after=3))
    live = home.ask("Hello")
    assert home.upstream.holding.wait(5)
    version = -1
    while live.turn.text != "Half an":
        version = live.wait(version, 1)
    live.stop()
    assert home.upstream.client_left.wait(2), "the model must be told to stop"
    live.join()
    stored = home.conversations.turn(live.turn.id)
    assert (stored.status, stored.text) == (TurnStatus.STOPPED, "Half an")
    assert "Half" in home.conversations.exchanges(stored.id)[0].response_body
    assert home.live.get(live.turn.id) is None


def test_stop_before_the_first_token_is_quick_and_kept(home: Home) -> None:
    home.upstream.play(Script(hang=True))
    live = home.ask("Hello")
    assert home.upstream.holding.wait(5)
    live.stop()
    assert home.upstream.client_left.wait(0.5)
    live.join()
    assert home.conversations.turn(live.turn.id).status is TurnStatus.STOPPED


def test_failure_is_stored_with_its_sentence(home: Home) -> None:
    home.upstream.play(broken())
    live = home.ask("Hello")
    live.join()
    stored = home.conversations.turn(live.turn.id)
    assert stored.status is TurnStatus.FAILED and stored.error is not None and "(500)" in stored.error
    assert stored.user.content == "Hello"
    assert home.conversations.exchanges(stored.id)[0].status == 500


def test_next_turn_carries_the_branch_and_a_sibling_does_not(home: Home) -> None:
    first = home.ask("One")
    first.join()
    conversation = first.turn.conversation_id
    second = home.ask("Two", first.turn.id, conversation)
    second.join()
    sent = [m["content"] for m in home.upstream.requests[-1].json["messages"]]
    assert sent == ["One", "Hello world", "Two"]
    edited = home.ask("Two, but different", first.turn.id, conversation)
    edited.join()
    sent = [m["content"] for m in home.upstream.requests[-1].json["messages"]]
    assert sent == ["One", "Hello world", "Two, but different"]
    assert home.conversations.siblings(conversation)[edited.turn.id] == (second.turn.id, edited.turn.id)


def test_tool_waits_for_approval_and_then_goes_on(home: Home) -> None:
    from services.tools import toolbox

    calculator = tuple(t for t in toolbox() if t.name == "calculator")
    home.upstream.play(
        Script(tool_calls=(ToolCall("calculator", '{"expression": "6*7"}'),)), Script(text=("42",))
    )
    live = home.ask("6 times 7?", tools=calculator, approve_tools=True)
    live.join()
    waiting = home.conversations.turn(live.turn.id)
    assert waiting.status is TurnStatus.AWAITING_APPROVAL and len(home.upstream.requests) == 1
    options = ChatOptions(MODEL, tools=calculator, approve_tools=True)
    gone_on = home.chat.decide(waiting, {"call_1": True}, home.connection, options)
    assert gone_on is not None
    gone_on.join()
    stored = home.conversations.turn(live.turn.id)
    assert (stored.status, stored.text) == (TurnStatus.COMPLETED, "42")
    assert stored.tool_steps["call_1"].output == "6*7 = 42"
    assert home.upstream.requests[-1].json["messages"][-1]["content"] == "6*7 = 42"
    assert stored.usage is not None and stored.usage.prompt_tokens == 22


def test_budget_stops_a_request_before_it_is_sent_and_keeps_the_message(home: Home) -> None:
    from decimal import Decimal

    home.budgets.set_limits(Limits(day_usd=Decimal("0.0000001")))
    assert home.ask("Hello") is None
    assert home.upstream.requests == []
    conversation = home.conversations.list()[0]
    stored = home.conversations.branch(conversation.id)[-1]
    assert stored.status is TurnStatus.FAILED and stored.user.content == "Hello"
    assert stored.error is not None and "budget" in stored.error.lower()


def test_rate_limits_are_remembered(home: Home) -> None:
    home.upstream.play(Script(headers=RATE_LIMIT_HEADERS))
    home.ask("Hello").join()
    seen = home.rate_limits.last("Scripted", MODEL)
    assert seen is not None and (seen.remaining_requests, seen.reset_tokens_s) == (499, 360.0)


def test_unnamed_conversation_is_named_by_the_model_once(home: Home) -> None:
    home.upstream.play(Script(text=("Sure.",)), Script(text=('"Cooking for two."',)))
    conversation = home.conversations.create().id
    home.ask("What shall we cook?", conversation_id=conversation).join()
    named = threading.Event()
    for _ in range(100):
        if home.conversations.get(conversation).title:
            named.set()
            break
        named.wait(0.05)
    assert home.conversations.get(conversation).title == "Cooking for two"


def test_many_turns_at_once_do_not_mix(home: Home) -> None:
    turns = [home.ask(f"Question {i}") for i in range(12)]
    for live in turns:
        live.join()
    assert {t.turn.text for t in turns} == {"Hello world"}
    asked = {r.json["messages"][-1]["content"] for r in home.upstream.requests}
    assert asked == {f"Question {i}" for i in range(12)}


def test_what_comes_after_a_turn_finds_it_stored(home: Home) -> None:
    seen, is_over = [], threading.Event()

    async def after(turn: Turn) -> None:
        seen.append(home.conversations.turn(turn.id).status)
        is_over.set()

    turn = Turn(home.conversations.create(title="A test").id, Message("user", "Hello"), MODEL, "Scripted")
    live = home.live.start(turn, home.connection, lambda _: told(TextDelta("Hi"), Finished("stop")), after)
    live.join()
    assert is_over.wait(5) and seen == [TurnStatus.COMPLETED]


def test_a_turn_is_found_by_its_conversation_while_it_is_answered(home: Home) -> None:
    home.upstream.play(Script(hang=True))
    live = home.ask("Hello")
    assert home.live.in_conversation(live.turn.conversation_id) is live
    assert home.live.in_conversation("another") is None
    live.stop()
    live.join()
    assert home.live.in_conversation(live.turn.conversation_id) is None


def test_what_the_server_keeps_is_not_stored_twice(home: Home, loop: BackgroundLoop) -> None:
    live = LiveTurns(loop, KeptByServer(), home.ledger, home.rate_limits)
    turn = Turn("thread_1", Message("user", "Hello"), MODEL, "Scripted", mode=Mode.ASSISTANTS)
    begun = live.start(turn, home.connection, lambda _: told(TextDelta("Hi"), Finished("stop")))
    begun.join()
    assert (turn.status, turn.text, turn.error) == (TurnStatus.COMPLETED, "Hi", None)
    assert home.conversations.list() == []


@pytest.mark.parametrize(("local", "is_free"), [(True, True), (False, False)])
def test_a_report_tells_better_than_its_connection_where_a_model_runs(
    home: Home, local: bool, is_free: bool
) -> None:
    report = UsageReport(MODEL, Usage(1000, 100), None, 1.0, local=local)
    turn = Turn("thread_1", Message("user", "Hello"), MODEL, "Local", mode=Mode.ASSISTANTS)
    connection = Connection("Local", "local", home.upstream.base_url, "key")
    live = LiveTurns(home.live._loop, KeptByServer(), home.ledger, home.rate_limits)
    live.start(turn, connection, lambda _: told(report, Finished("stop"))).join()
    assert turn.cost_usd is not None and (turn.cost_usd == 0) is is_free
    assert home.ledger.totals(conversation_id="thread_1").cost_usd == turn.cost_usd


async def told(*events: Event) -> AsyncIterator[Event]:
    for event in events:
        yield event


def test_a_stop_that_a_library_swallows_holds_at_the_next_word(home: Home) -> None:
    waits = threading.Event()

    async def stubborn(_: object) -> AsyncIterator[Event]:
        yield TextDelta("Half")
        with suppress(asyncio.CancelledError):
            waits.set()
            await asyncio.sleep(30)
        yield TextDelta(" more")
        await asyncio.sleep(30)

    conversation = home.conversations.create(title="A test").id
    turn = Turn(conversation, Message("user", "Hello"), MODEL, home.connection.name)
    live = home.live.start(turn, home.connection, stubborn)
    assert waits.wait(5)
    live.stop()
    live.join(5)
    assert (turn.status, turn.text) == (TurnStatus.STOPPED, "Half")
