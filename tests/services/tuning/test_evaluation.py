"""Ways to answer are tried on the same examples, scored, metered, and stopped with what they have."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

import pytest

from services.clients import Connection
from services.errors import BudgetExceeded, InvalidInput
from services.loop import BackgroundLoop
from services.metering.budgets import Budgets, Limits
from services.metering.ledger import Ledger
from services.storage.database import open_database
from services.storage.preferences import Preferences
from services.tuning.checking import Checked, check_line
from services.tuning.evaluation import STOPPED, Evaluation, Evaluator, LiveEvaluation, Way
from services.tuning.incoming import as_line, example
from tests.support.upstream import Script, ScriptedUpstream, error

MODEL = "gpt-6-luna"
BASE = Way("base", "As it is", MODEL)
SHORT = Way("short", "A short instruction", MODEL, system_prompt="Answer in one word.")


@dataclass
class Desk:
    """An evaluator over a scripted upstream."""

    upstream: ScriptedUpstream
    evaluator: Evaluator
    ledger: Ledger
    budgets: Budgets

    def begin(self, ways: list[Way], lines: list[Checked]) -> LiveEvaluation:
        connection = Connection("OpenAI", "openai", self.upstream.base_url, "sk-test")
        return self.evaluator.start(
            ways, lines, connection, lambda collection, asked: [f"{collection}: {asked}"]
        )

    def run(self, ways: list[Way], lines: list[Checked]) -> Evaluation:
        return over(self.begin(ways, lines))


def over(live: LiveEvaluation) -> Evaluation:
    seen = -1
    while not live.done:
        seen = live.wait(seen, 1)
    return live.evaluation


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    database = open_database(f"sqlite:///{tmp_path}/tandem.db")
    ledger, budgets = Ledger(database, "someone"), Budgets(Preferences(database, "someone"))
    with ScriptedUpstream(Script(text=("Oslo.",))) as upstream:
        yield Desk(upstream, Evaluator(BackgroundLoop(), ledger, budgets), ledger, budgets)
    database.close()


def lines(*pairs: tuple[str, str]) -> list[Checked]:
    return [
        check_line(n, as_line(example(asked, told, "Be kind."))) for n, (asked, told) in enumerate(pairs, 1)
    ]


NORWAY, FRANCE = ("Capital of Norway?", "Oslo"), ("Capital of France?", "Paris")


def test_each_way_answers_each_example_and_is_scored_and_metered(desk: Desk) -> None:
    found = desk.run([BASE, SHORT], lines(NORWAY, FRANCE))
    assert (len(found.outcomes), found.planned, found.problem) == (4, 4, None)
    assert [found.score(way).exact for way in (0, 1)] == [0.5, 0.5]
    assert desk.ledger.totals().calls == 4 and desk.ledger.totals().cost_usd == found.cost_usd


def test_the_wanted_answer_is_never_sent_and_a_way_brings_its_own_system_message(desk: Desk) -> None:
    desk.run([BASE, SHORT], lines(FRANCE))
    sent = [request.json["messages"] for request in desk.upstream.requests]
    assert [[message["role"] for message in one] for one in sent] == [["system", "user"]] * 2
    assert [one[0]["content"] for one in sent] == ["Be kind.", "Answer in one word."]


def test_what_a_search_finds_stands_before_the_question(desk: Desk) -> None:
    desk.run(
        [Way("retrieval", "Searched", MODEL, system_prompt="Be kind.", collection="my examples")],
        lines(NORWAY),
    )
    assert "my examples: Capital of Norway?" in desk.upstream.requests[0].json["messages"][0]["content"]


def test_an_answer_that_fails_ends_it_with_a_sentence_and_keeps_the_others(desk: Desk) -> None:
    desk.upstream.play(Script(text=("Oslo.",)), error(404, "The model does not exist", "model_not_found"))
    found = desk.run([BASE], lines(NORWAY, FRANCE))
    assert len(found.outcomes) == 1 and found.problem


def test_it_can_be_stopped_at_any_moment(desk: Desk) -> None:
    desk.upstream.default = Script(hang=True)
    live = desk.begin([BASE], lines(NORWAY))
    live.stop()
    assert over(live).problem == STOPPED


def test_a_budget_forbids_it_before_anything_is_sent(desk: Desk) -> None:
    desk.budgets.set_limits(Limits(day_usd=Decimal(0)))
    with pytest.raises(BudgetExceeded):
        desk.begin([BASE], lines(NORWAY))
    assert not desk.upstream.requests


def test_what_cannot_be_compared_is_refused(desk: Desk) -> None:
    tuned = Way("tuned", "Trained", "ft:gpt-4.1-nano-2025-04-14:org::1")
    for ways, examples in (
        ([], lines(NORWAY)),
        ([BASE], []),
        ([BASE, tuned], lines(NORWAY)),
        ([BASE] * 7, lines(NORWAY)),
    ):
        with pytest.raises(InvalidInput):
            desk.begin(ways, examples)
