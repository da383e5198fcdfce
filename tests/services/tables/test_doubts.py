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
        ("SELECT sum(quantity) FROM sales WHERE ordered_on >= '2024-01-01'", "How many pieces?", "no time"),
        ("SELECT avg(quantity) FROM sales", "What is the median quantity?", "median(x)"),
        ("SELECT max(ordered_on) FROM sales", "Since when do we have orders?", "min(ordered_on)"),
        ("SELECT * FROM sales ORDER BY ordered_on DESC LIMIT 1", "Was ist der älteste Auftrag?", "ASC"),
        ("SELECT * FROM sales ORDER BY ordered_on LIMIT 1", "What is the most recent order?", "DESC"),
        (
            "SELECT max(quantity), country FROM sales GROUP BY country ORDER BY country LIMIT 1",
            "Where was the biggest order from?",
            "ORDER BY MAX(quantity)",
        ),
        (
            "SELECT strftime(ordered_on, '%m') FROM sales WHERE quantity = (SELECT max(quantity) FROM sales)",
            "Which month sold most?",
            "sum(quantity)",
        ),
        (
            "SELECT sum(quantity) AS chairs, sum(quantity) AS desks FROM sales WHERE product <> 'Lamp'",
            "Did we sell more pieces of this or of that?",
            "chairs and desks are the same figure",
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
        ("SELECT sum(quantity) FROM sales WHERE ordered_on >= '2024-01-01'", "How many since 2024?"),
        ("SELECT median(quantity) FROM sales", "What is the median quantity?"),
        ("SELECT min(ordered_on), max(ordered_on) FROM sales", "What is the oldest and the newest order?"),
        ("SELECT max(ordered_on) FROM sales", "When was the latest order?"),
        (
            "SELECT ordered_on, sum(quantity) FROM sales GROUP BY 1 ORDER BY ordered_on DESC LIMIT 3",
            "How many pieces on the last three days with orders?",
        ),
        (
            "SELECT country, count(*) AS n FROM sales GROUP BY country ORDER BY n DESC LIMIT 1",
            "Which country has the most orders?",
        ),
    ],
)
def test_what_answers_is_left_alone(text: str, question: str) -> None:
    assert doubt(text, question) is None


@pytest.mark.parametrize(
    ("days", "is_doubted"),
    [
        ("sum(to_day - from_day)", True),
        ("sum(to_day - from_day) + 1", True),
        ("sum(date_diff('day', from_day, to_day))", True),
        ("sum(to_day - from_day + 1)", False),
        ("sum(date_diff('day', from_day, to_day) + 1)", False),
    ],
)
def test_the_last_day_of_an_absence_counts(days: str, is_doubted: bool) -> None:
    shop = Shop()
    shop.run("CREATE TABLE absences AS SELECT DATE '2024-05-01' AS from_day, DATE '2024-05-03' AS to_day")
    table, question = shop.table("absences"), "How many days was anybody away?"
    words = vocabulary((table,), question, shop.query)
    told = doubts.about(sql.parse(f"SELECT {days} FROM absences"), question, (table,), words)
    assert ("+ 1" in (told or "")) is is_doubted
