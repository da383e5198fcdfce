"""SQL that runs and seems to answer another question is seen through; SQL that answers is left alone."""

from __future__ import annotations

import pytest

from services.tables import doubts, sql
from services.tables.values import vocabulary
from tests.services.tables.asked import Shop


def doubt(text: str, question: str) -> str | None:
    shop = Shop()
    words = vocabulary(shop.tables, question, shop.query)
    return doubts.about(sql.parse(text), question, shop.tables, words)


@pytest.mark.parametrize(
    ("text", "question", "told"),
    [
        ("SELECT sum(quantity) FROM sales", "How many pieces went to Germany?", "sales.country"),
        ("SELECT sum(quantity) FROM sales", "How many chairs were sold?", "“Chair”"),
        ("SELECT 100.0 * sum(unit_price) FROM sales", "What did we take in?", "percentage"),
        (
            "SELECT strftime(ordered_on, '%m'), quantity FROM sales ORDER BY quantity DESC LIMIT 1",
            "Which month sold most?",
            "sum(quantity)",
        ),
    ],
)
def test_signs_of_another_question_are_told(text: str, question: str, told: str) -> None:
    assert told in (doubt(text, question) or "")


@pytest.mark.parametrize(
    ("text", "question"),
    [
        ("SELECT sum(quantity) FROM sales WHERE country ILIKE '%germany%'", "How many went to Germany?"),
        ("SELECT country, count(*) FROM sales GROUP BY country", "Did Spain buy more than Germany?"),
        ("SELECT 100.0 * count(*) / 5 FROM sales", "What share of the orders was that?"),
        ("SELECT 100.0 * count(*) / 5 FROM sales", "Wie viel Prozent waren das?"),
        ("SELECT ordered_on, quantity FROM sales ORDER BY quantity DESC LIMIT 1", "Which day sold most?"),
        (
            "SELECT month(ordered_on), sum(quantity) FROM sales GROUP BY 1 ORDER BY 2 DESC LIMIT 1",
            "Which month sold most?",
        ),
    ],
)
def test_what_answers_is_left_alone(text: str, question: str) -> None:
    assert doubt(text, question) is None
