"""What batches cost: told before, held against a budget, entered once."""

from __future__ import annotations

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from services.batches.accounts import USUAL_ANSWER_TOKENS, Accounts, estimate
from services.batches.lines import CHAT
from services.batches.records import BatchView
from services.clients import Connection
from services.errors import BudgetExceeded, NotFound, UpstreamFailed
from services.metering.budgets import Budgets, Limits
from services.metering.ledger import Ledger
from services.metering.prices import price
from services.storage.database import Database, open_database
from services.storage.preferences import Preferences
from services.turns import Usage

MODEL = "gpt-6-luna"
OPENAI = Connection("OpenAI", "openai", "https://api.openai.com/v1", "sk-test")
ENDED = BatchView(
    "batch_1", "completed", CHAT, MODEL, datetime(2026, 11, 20, tzinfo=UTC), 2, 2, 0, "file-out", None
)


def line(number: int, **body: Any) -> str:
    asked = {"model": MODEL, "messages": [{"role": "user", "content": "How high is the tower?"}]}
    return json.dumps({"custom_id": str(number), "method": "POST", "url": CHAT, "body": asked | body})


def answer(number: int, **usage: Any) -> str:
    body = {"model": f"{MODEL}-2026-09-01", "usage": usage}
    return json.dumps({"custom_id": str(number), "response": {"status_code": 200, "body": body}})


ANSWERS = "\n".join(
    [
        answer(0, prompt_tokens=1000, completion_tokens=200, prompt_tokens_details={"cached_tokens": 100}),
        answer(1, prompt_tokens=3000, completion_tokens=400),
    ]
).encode()


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    opened = open_database(f"sqlite:///{tmp_path / 'tandem.db'}")
    yield opened
    opened.close()


@pytest.fixture
def ledger(database: Database) -> Ledger:
    return Ledger(database, "alice")


@pytest.fixture
def budgets(database: Database) -> Budgets:
    return Budgets(Preferences(database, "alice"))


@pytest.fixture
def accounts(database: Database, ledger: Ledger, budgets: Budgets) -> Accounts:
    return Accounts(Preferences(database, "alice"), ledger, budgets)


def test_an_answer_counts_as_long_as_it_may_be() -> None:
    data = "\n".join([line(0, max_tokens=30), line(1, max_completion_tokens=70), line(2), ""]).encode()
    found = estimate(b"\xef\xbb\xbf" + data, MODEL, CHAT, is_local=False)
    assert found.written_tokens == 100 + USUAL_ANSWER_TOKENS
    assert 3 * 6 <= found.read_tokens <= 3 * 40
    assert found.cost_usd == price(MODEL, Usage(found.read_tokens, found.written_tokens), None, "batch")
    assert found.cost_usd is not None and found.cost_usd > 0


def test_embeddings_write_nothing_and_local_models_cost_nothing() -> None:
    data = json.dumps({"body": {"model": "text-embedding-3-small", "input": ["one", "two"]}}).encode()
    assert estimate(data, "text-embedding-3-small", "/v1/embeddings", is_local=False).written_tokens == 0
    assert estimate(data, MODEL, CHAT, is_local=True).cost_usd == 0
    assert estimate(data, "a-model-nobody-knows", CHAT, is_local=False).cost_usd is None


def test_a_budget_stops_a_batch_before_it_is_sent(accounts: Accounts, budgets: Budgets) -> None:
    budgets.set_limits(Limits(day_usd=Decimal("0.000001"), hard=True))
    expected = estimate(line(0).encode(), MODEL, CHAT, is_local=False)
    with pytest.raises(BudgetExceeded):
        accounts.check(expected, OPENAI)


def test_a_batch_is_entered_once_it_has_ended(accounts: Accounts, ledger: Ledger) -> None:
    accounts.begun(ENDED.id)
    accounts.settle([replace(ENDED, status="in_progress", output_file_id=None)], OPENAI, lambda _: ANSWERS)
    assert ledger.rows() == []
    accounts.settle([ENDED], OPENAI, lambda _: ANSWERS)
    (entered,) = ledger.rows()
    assert (entered.model, entered.mode, entered.connection) == (MODEL, "chat_completions", "OpenAI")
    assert (entered.usage.prompt_tokens, entered.usage.completion_tokens) == (4000, 600)
    apart = [
        price(MODEL, Usage(1000, 200, 100), None, "batch"),
        price(MODEL, Usage(3000, 400), None, "batch"),
    ]
    assert entered.cost_usd == sum(cost for cost in apart if cost)
    assert accounts.costs() == {"batch_1": entered.cost_usd}
    accounts.settle([ENDED], OPENAI, lambda _: ANSWERS)
    assert len(ledger.rows()) == 1


def test_pages_that_look_at_one_moment_enter_it_once(accounts: Accounts, ledger: Ledger) -> None:
    accounts.begun(ENDED.id)
    with ThreadPoolExecutor(6) as pages:
        list(pages.map(lambda _: accounts.settle([ENDED], OPENAI, lambda _: ANSWERS), range(6)))
    assert len(ledger.rows()) == 1


def test_batches_of_others_are_not_entered(accounts: Accounts, ledger: Ledger) -> None:
    accounts.settle([ENDED], OPENAI, lambda _: ANSWERS)
    assert ledger.rows() == [] and accounts.costs() == {}


def test_a_file_that_is_gone_is_let_go_and_one_that_fails_is_asked_for_again(
    accounts: Accounts, ledger: Ledger
) -> None:
    def fails(_: str) -> bytes:
        raise UpstreamFailed("Not now.")

    def gone(_: str) -> bytes:
        raise NotFound("No such file.")

    accounts.begun(ENDED.id)
    with pytest.raises(UpstreamFailed):
        accounts.settle([ENDED], OPENAI, fails)
    accounts.settle([ENDED], OPENAI, lambda _: ANSWERS)
    assert len(ledger.rows()) == 1
    other = replace(ENDED, id="batch_2")
    accounts.begun(other.id)
    accounts.settle([other], OPENAI, gone)
    accounts.settle([other], OPENAI, lambda _: ANSWERS)
    assert len(ledger.rows()) == 1
