"""Answers given elsewhere count for citation precision, and calls are within the budget and in the ledger."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from services.catalog import describe
from services.errors import BudgetExceeded
from services.metering.budgets import Budgets, Limits
from services.metering.ledger import Ledger
from services.retrieval import measuring
from services.retrieval.calls import Calls
from services.retrieval.evaluation import Expected, Question
from services.storage.database import Database, open_database
from services.storage.preferences import Preferences
from services.turns import Citation, Finished, Message, TextDelta, Turn, Usage

WARRANTY = Question(
    "How long is the warranty?", (Expected("kettle.pdf", (3,), "It lasts two years. No more."),)
)
POWER = Question("How much power?", (Expected("kettle.pdf", (5, 6)),))


def turn(question: str, *citations: Citation) -> Turn:
    made = Turn("conv_1", Message("user", question), "m", "Local")
    made.apply(TextDelta("Two years."))
    for citation in citations:
        made.apply(citation)
    made.apply(Finished("stop"))
    return made


def citation(quote: str | None, page: int | None, filename: str = "kettle.pdf") -> Citation:
    return Citation("【1】", 0, 3, "file-1", filename, quote, page, page)


def test_citations_are_right_by_quote_or_by_page() -> None:
    quoted = turn(
        "How long is\n the warranty?", citation("it lasts two years.", 9), citation("Something else.", 8)
    )
    paged = turn(POWER.text, citation(None, 6), citation("2 kW", 5), citation("2 kW", 5, "other.pdf"))
    first, second = measuring.cited([WARRANTY, POWER], [quoted, paged])
    assert (first.precision, first.citations) == (0.5, 2)
    assert second.precision == pytest.approx(2 / 3)


def test_the_last_answer_counts_and_other_questions_do_not() -> None:
    turns = [turn(POWER.text), turn("Else?", citation(None, 5)), turn(POWER.text, citation(None, 5))]
    (only,) = measuring.cited([WARRANTY, POWER], turns)
    assert (only.question, only.precision) == (POWER, 1.0)
    (without,) = measuring.cited([POWER], turns[:1])
    assert (without.precision, without.citations) == (None, 0)


@pytest.fixture
def database(tmp_path: Path) -> Database:
    return open_database(f"sqlite:///{tmp_path}/tandem.db")


def test_a_call_is_entered_with_what_it_cost(database: Database) -> None:
    ledger = Ledger(database, "ada")
    calls = Calls(ledger, Budgets(Preferences(database, "ada")))
    model = describe("text-embedding-3-small", "OpenAI")
    assert calls.make(model, "embeddings", lambda: ("done", Usage(1_000_000, 0))) == "done"
    (row,) = ledger.rows()
    assert (row.connection, row.mode, row.model, row.local) == ("OpenAI", "embeddings", model.id, False)
    assert row.cost_usd == model.price_in_usd_per_million


def test_a_budget_stops_a_paid_call_before_it_is_made(database: Database) -> None:
    ledger, budgets = Ledger(database, "ada"), Budgets(Preferences(database, "ada"))
    budgets.set_limits(Limits(day_usd=Decimal(0)))
    made: list[str] = []

    def work() -> tuple[None, Usage]:
        made.append("called")
        return None, Usage(1, 0)

    calls = Calls(ledger, budgets)
    with pytest.raises(BudgetExceeded):
        calls.make(describe("text-embedding-3-small", "OpenAI"), "embeddings", work)
    assert made == []
    calls.make(describe("all-minilm-l6-v2", "Local"), "embeddings", work)
    assert made == ["called"] and ledger.rows()[0].cost_usd == 0
