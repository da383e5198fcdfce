"""SQL that says one thing and plainly means another is put right; what may be meant as it stands is left alone."""

from __future__ import annotations

import pytest

from services.tables import meant, sql
from tests.services.tables.asked import Shop


def restated(text: str, question: str = "") -> str:
    shop = Shop()
    query = sql.parse(text)
    meant.restate(query, question, shop.tables)
    shop.query(query.sql(dialect="duckdb"))
    return query.sql(dialect="duckdb", normalize_functions=False)


@pytest.mark.parametrize(
    ("question", "is_all"),
    [
        ("Pieces by country, most first, to two decimals?", True),
        ("Stückzahl nach Land, höchste zuerst", True),
        ("Pieces by country, two decimals?", True),
        ("The three best countries, most first", False),
        ("Which country, most first?", False),
        ("The top 5 countries", False),
    ],
)
def test_all_of_them_in_order_is_all_of_them(question: str, is_all: bool) -> None:
    text = "SELECT country, SUM(quantity) AS n FROM sales GROUP BY country ORDER BY n DESC LIMIT 2"
    assert ("LIMIT" not in restated(text, question)) is is_all


@pytest.mark.parametrize(
    ("select", "order"),
    [
        ("SELECT MONTH(ordered_on) AS m, COUNT(*) FROM sales GROUP BY m", " ORDER BY m"),
        ("SELECT MONTH(ordered_on), COUNT(*) FROM sales GROUP BY 1", " ORDER BY MONTH(ordered_on)"),
        ("SELECT ordered_on, COUNT(*) FROM sales GROUP BY ordered_on", " ORDER BY ordered_on"),
        ("SELECT country, COUNT(*) FROM sales GROUP BY country", ""),
        ("SELECT MONTH(ordered_on) AS m, COUNT(*) AS n FROM sales GROUP BY m ORDER BY n", ""),
    ],
)
def test_months_come_in_their_order(select: str, order: str) -> None:
    assert restated(select) == select + order


@pytest.mark.parametrize(
    ("where", "left"),
    [
        ("product IN ('Chair', 'chair') AND product <> 'chair'", "product IN ('Chair', 'chair')"),
        ("product = 'Chair' AND NOT product IN ('chair')", "product = 'Chair'"),
        ("product = 'Chair' AND NOT country = 'Spain'", "product = 'Chair' AND NOT country = 'Spain'"),
        ("product <> 'Chair' AND product <> 'Desk'", "product <> 'Chair' AND product <> 'Desk'"),
    ],
)
def test_a_text_is_not_wanted_and_unwanted_at_once(where: str, left: str) -> None:
    assert restated(f"SELECT COUNT(*) FROM sales WHERE {where}") == f"SELECT COUNT(*) FROM sales WHERE {left}"


@pytest.mark.parametrize(
    ("question", "is_median"),
    [
        ("What is the median quantity?", True),
        ("Was ist der Median der Menge?", True),
        ("What is the average quantity?", False),
        ("What are the median and the average quantity?", False),
    ],
)
def test_a_median_is_asked_for_and_taken(question: str, is_median: bool) -> None:
    taken = restated("SELECT ROUND(AVG(quantity), 1) FROM sales", question)
    assert taken == f"SELECT ROUND({'MEDIAN' if is_median else 'AVG'}(quantity), 1) FROM sales"


@pytest.mark.parametrize(
    "text",
    [
        "SELECT max(quantity) AS n, product, country FROM sales GROUP BY product ORDER BY n DESC LIMIT 1",
        "SELECT max(quantity) AS n, product, country FROM sales ORDER BY max(quantity) DESC LIMIT 1",
        "SELECT max(quantity) AS n, product, country FROM sales",
    ],
)
def test_what_stands_beside_the_highest_is_of_its_row(text: str) -> None:
    query = sql.parse(text)
    shop = Shop()
    meant.restate(query, "What sold most at once, and where?", shop.tables)
    shop.query(query.sql(dialect="duckdb"))
    highest = shop.query("SELECT quantity, product, country FROM sales ORDER BY quantity DESC LIMIT 1").rows
    assert shop.query(query.sql(dialect="duckdb")).rows == highest


@pytest.mark.parametrize(
    "text",
    [
        "SELECT product, MAX(quantity) AS n FROM sales GROUP BY product ORDER BY n DESC LIMIT 1",
        "SELECT MAX(quantity) FROM sales",
        "SELECT MAX(quantity) FROM sales WHERE country = 'Spain'",
        "SELECT product, MAX(quantity), MIN(quantity) FROM sales GROUP BY product",
    ],
)
def test_the_highest_of_each_group_stays(text: str) -> None:
    assert restated(text) == text


SHARE = "SELECT 100.0 * COUNT(*) FILTER(WHERE {}) / COUNT(*) FROM sales"
BOTH = "quantity > 3 AND NOT shipped_at IS NULL"


@pytest.mark.parametrize(
    ("question", "is_of_some"),
    [
        ("What percentage of the shipped orders had a quantity above 3?", True),
        ("What percentage of all orders is shipped with a quantity above 3?", False),
        ("What percentage of orders is shipped and has a quantity above 3?", False),
        ("What percentage is that?", False),
    ],
)
def test_a_share_is_one_of_the_rows_that_are_named_first(question: str, is_of_some: bool) -> None:
    of_some = SHARE.format("quantity > 3") + " WHERE NOT shipped_at IS NULL"
    assert restated(SHARE.format(BOTH), question) == (of_some if is_of_some else SHARE.format(BOTH))


@pytest.mark.parametrize(
    "count", ["count(*)", "sum(CASE WHEN from_day > DATE '2024-01-01' THEN 1 ELSE 0 END)"]
)
@pytest.mark.parametrize(
    ("question", "counted"),
    [
        ("How many days was anybody away?", 5),
        ("Wie viele Tage war jemand weg?", 5),
        ("How often was anybody away?", 2),
        ("How many absences were in the first ten days?", 2),
    ],
)
def test_rows_that_last_have_their_days(count: str, question: str, counted: int) -> None:
    shop = Shop()
    shop.run("CREATE TABLE absences (from_day DATE, to_day DATE)")
    shop.run("INSERT INTO absences VALUES ('2024-05-01', '2024-05-03'), ('2024-05-08', '2024-05-09')")
    query = sql.parse(f"SELECT {count} FROM absences")
    meant.restate(query, question, (shop.table("absences"),))
    assert shop.query(query.sql(dialect="duckdb")).rows == ((counted,),)


@pytest.mark.parametrize(
    ("question", "is_turned"),
    [
        ("How many orders were shipped within 24 hours?", True),
        ("How many orders were not shipped within 24 hours?", False),
        ("How many orders took more than a day?", False),
    ],
)
def test_within_a_day_is_not_later_than_a_day(question: str, is_turned: bool) -> None:
    text = "SELECT COUNT(*) FROM sales WHERE shipped_at {} ordered_on + INTERVAL '24' HOUR"
    assert restated(text.format(">="), question) == text.format("<=" if is_turned else ">=")


def test_moments_are_grouped_by_their_day() -> None:
    text = "SELECT shipped_at, COUNT(*) FROM sales GROUP BY shipped_at ORDER BY COUNT(*) DESC LIMIT 1"
    by_day = restated(text, "On which date were most orders shipped?")
    assert by_day.startswith("SELECT CAST(shipped_at AS DATE) AS shipped_at")
    assert "GROUP BY CAST(shipped_at AS DATE)" in by_day
    assert restated(text, "At what time were most orders shipped?") == text
