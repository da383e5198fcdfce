"""Experiments run in alternation, are metered and bounded, and what they found is kept however they end."""

from __future__ import annotations

import json
from decimal import Decimal

import pytest

from services.errors import BudgetExceeded, InvalidInput
from services.lab.experiments import EXPERIMENTS, Experiment, experiment
from services.lab.records import Plan
from services.metering.budgets import Limits
from tests.services.lab.conftest import MODEL, Bench, over
from tests.support.upstream import Script, error

DEAR = {"prompt_tokens": 100_000, "completion_tokens": 100_000, "total_tokens": 200_000}


def plan_of(one: Experiment, rounds: int = 3, limit_usd: Decimal | None = None) -> Plan:
    other = "gpt-4.1" if one.compares_models else ""
    return Plan(one.slug, one.prompt or "", MODEL, rounds, other, limit_usd)


SCRIPTED = [one for one in EXPERIMENTS if one.slug != "batch"]
"""The scripted upstream has no batches; see test_batch.py."""


@pytest.mark.parametrize("one", SCRIPTED, ids=lambda one: one.slug)
def test_every_experiment_tries_both_ways_equally_often(one: Experiment, bench: Bench) -> None:
    report = bench.run(plan_of(one))
    assert report.problem is None
    assert sorted(trial.way for trial in report.trials) == [0, 0, 0, 1, 1, 1]


def test_the_way_that_goes_first_changes_each_round(bench: Bench) -> None:
    report = bench.run(plan_of(EXPERIMENTS[0], rounds=4))
    assert [trial.way for trial in report.trials] == [0, 1, 1, 0, 0, 1, 1, 0]


def test_every_call_is_in_the_ledger(bench: Bench) -> None:
    report = bench.run(plan_of(EXPERIMENTS[0]))
    totals = bench.ledger.totals()
    assert totals.calls == len(bench.upstream.requests) == 6
    assert totals.cost_usd == report.cost_usd > 0  # type: ignore[operator]


def test_it_ends_at_its_limit_and_keeps_what_it_found(bench: Bench) -> None:
    bench.upstream.default = Script(usage=DEAR)
    report = bench.run(plan_of(EXPERIMENTS[0], limit_usd=Decimal("0.10")))
    assert report.problem == "Ended at your limit of $0.10."
    assert 0 < len(report.trials) < 6
    assert bench.reports.all()[0].trials == report.trials


def test_a_model_that_vanishes_half_way_leaves_the_trials_before(bench: Bench) -> None:
    gone = error(404, "The model does not exist", "model_not_found")
    bench.upstream.play(Script(), Script(), Script(), gone)
    report = bench.run(plan_of(EXPERIMENTS[0]))
    assert len(report.trials) == 3
    assert report.problem
    assert bench.reports.all()[0].problem == report.problem


def test_stop_keeps_the_trials_so_far(bench: Bench) -> None:
    bench.upstream.play(Script(), Script(), Script(hang=True))
    live = bench.lab.start(plan_of(EXPERIMENTS[0]), bench.connection)
    assert bench.upstream.holding.wait(10)
    live.stop()
    assert over(live).problem == "Stopped before its end."
    assert len(live.report.trials) == 2
    assert bench.lab.live is None


def test_two_at_once_are_refused(bench: Bench) -> None:
    bench.upstream.play(Script(hang=True))
    live = bench.lab.start(plan_of(EXPERIMENTS[0]), bench.connection)
    with pytest.raises(InvalidInput, match="is running"):
        bench.lab.start(plan_of(EXPERIMENTS[1]), bench.connection)
    live.stop()
    over(live)


def test_a_budget_forbids_it_before_anything_is_sent(bench: Bench) -> None:
    bench.budgets.set_limits(Limits(day_usd=Decimal(0)))
    with pytest.raises(BudgetExceeded):
        bench.lab.start(plan_of(EXPERIMENTS[0]), bench.connection)
    assert not bench.upstream.requests


@pytest.mark.parametrize(
    ("plan", "words"),
    [
        (Plan("alchemy", "x", MODEL, 3), "no such experiment"),
        (Plan("streaming", " ", MODEL, 3), "needs a prompt"),
        (Plan("streaming", "x", MODEL, 0), "1 to 30 rounds"),
        (Plan("models", "", MODEL, 3, MODEL), "two different models"),
        (Plan("streaming", "x" * 30_000, MODEL, 3), "Shorten it"),
    ],
)
def test_a_plan_that_cannot_be_run_is_a_sentence(plan: Plan, words: str, bench: Bench) -> None:
    with pytest.raises(InvalidInput, match=words):
        bench.lab.start(plan, bench.connection)


def test_the_plea_is_told_what_was_wrong(bench: Bench) -> None:
    good = json.dumps({"place": "Rosa's", "people": 4, "day": "Friday", "vegetarian": True})
    bench.upstream.play(Script(text=("Here you are:",)), Script(text=(good,)), Script(text=(good,)))
    report = bench.run(plan_of(experiment("schema"), rounds=1))  # type: ignore[arg-type]
    plea, schema = report.trials
    assert (plea.calls, plea.good, schema.calls, schema.good) == (2, True, 1, True)
    assert "That cannot be used" in bench.upstream.requests[1].json["messages"][-1]["content"]


def test_the_stable_way_sends_the_same_beginning_each_time(bench: Bench) -> None:
    bench.run(plan_of(experiment("prefix")))  # type: ignore[arg-type]
    systems = [request.json["messages"][0]["content"] for request in bench.upstream.requests]
    assert len(set(systems)) == 4
    assert max(systems.count(system) for system in systems) == 4  # the first of them warms the cache
