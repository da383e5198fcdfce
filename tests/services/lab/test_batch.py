"""A batch against single requests, over /v1/batches of our own server in front of a scripted model."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest

from services.batches.api import BatchesApi
from services.clients import Connection
from services.errors import BudgetExceeded
from services.lab.conclusion import conclude
from services.lab.estimating import estimate
from services.lab.experiments import experiment
from services.lab.meaning import measure
from services.lab.records import Plan
from services.loop import BackgroundLoop
from services.metering.budgets import Limits
from tests.services.lab.conftest import MODEL, Bench, over
from tests.support.assistants import Account, serving, until
from tests.support.upstream import Script, error

BATCH = experiment("batch")
assert BATCH is not None
PLAN = Plan(BATCH.slug, BATCH.prompt or "", MODEL, 3)


@pytest.fixture
def account(bench: Bench, tmp_path: Path) -> Iterator[Account]:
    home = tmp_path / "server"
    with serving(home, f"sqlite:///{home}/tandem.db", bench.upstream) as service:
        somebody = service.account()
        yield somebody
        somebody.close()


@pytest.fixture
def connection(account: Account) -> Connection:
    """Our server as if it were a paid one, so that prices count."""
    return Connection("OpenAI", "openai", account.base_url, account.key)


def test_a_batch_is_metered_at_its_own_price_and_leaves_nothing_behind(
    bench: Bench, connection: Connection, account: Account
) -> None:
    report = over(bench.lab.start(PLAN, connection))
    assert report.problem is None
    assert sorted(trial.way for trial in report.trials) == [0, 0, 0, 1, 1, 1]
    assert bench.ledger.totals().calls == 24
    costs = {trial.way: trial.cost_usd for trial in report.trials}
    assert costs[0] and costs[1] == costs[0] / 2
    assert "50% cheaper" in conclude(BATCH, report.trials).sentence  # type: ignore[arg-type]
    assert bench.reports.all()[0].trials == report.trials
    assert account.client.files.list().data == []
    assert {batch.status for batch in account.client.batches.list()} == {"completed"}


def test_the_estimate_knows_that_half_of_it_is_billed_as_a_batch() -> None:
    single = experiment("parallel")
    assert BATCH is not None and single is not None
    batch_usd, single_usd = (estimate(one, PLAN, is_local=False).cost_usd for one in (BATCH, single))
    assert batch_usd and single_usd and batch_usd / single_usd == Decimal("0.75")


def test_stop_cancels_the_batch_and_what_it_had_answered_is_metered_later(
    bench: Bench, connection: Connection, account: Account
) -> None:
    bench.upstream.play(*[Script()] * 5, *[Script(hang=True)] * 3)
    live = bench.lab.start(PLAN, connection)
    assert bench.upstream.holding.wait(10)
    (batch,) = account.client.batches.list().data
    until(lambda: account.client.batches.retrieve(batch.id).request_counts.completed == 1)  # type: ignore[union-attr]
    live.stop()
    report = over(live)
    assert report.problem == "Stopped before its end." and len(report.trials) == 1
    until(lambda: account.client.batches.retrieve(batch.id).status == "cancelled")
    assert bench.ledger.totals().calls == 4
    api = BatchesApi(lambda: connection)
    bench.accounts.settle(api.all(), connection, api.content)
    assert bench.ledger.totals().calls == 5
    assert bench.accounts.costs()[batch.id]


def test_a_model_that_vanishes_within_a_batch_is_said_and_the_rest_is_kept(
    bench: Bench, connection: Connection
) -> None:
    gone = error(404, "The model does not exist", "model_not_found")
    bench.upstream.play(*[Script()] * 4, Script(), gone, Script(), Script())
    report = over(bench.lab.start(PLAN, connection))
    assert report.problem == "1 of 4 requests of the batch failed: The model does not exist"
    assert len(report.trials) == 1
    assert bench.ledger.totals().calls == 4 + 3


def test_questions_embedded_for_a_cache_are_in_the_ledger(bench: Bench) -> None:
    vectors = [{"object": "embedding", "index": n, "embedding": [1.0, float(n)]} for n in range(40)]
    usage = {"prompt_tokens": 300, "total_tokens": 300}
    body = {"object": "list", "data": vectors, "model": "text-embedding-3-small", "usage": usage}
    bench.upstream.play(Script(body=body))
    pairs = measure(BackgroundLoop(), bench.connection, bench.ledger, bench.budgets)
    (call,) = bench.ledger.rows()
    assert len(pairs) == 20
    assert (call.mode, call.model, call.usage.completion_tokens) == (
        "embeddings",
        "text-embedding-3-small",
        0,
    )
    assert call.cost_usd is not None and call.cost_usd > 0
    bench.budgets.set_limits(Limits(day_usd=Decimal(0)))
    with pytest.raises(BudgetExceeded):
        measure(BackgroundLoop(), bench.connection, bench.ledger, bench.budgets)
    assert bench.ledger.totals().calls == 1
