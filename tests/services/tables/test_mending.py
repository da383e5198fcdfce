"""A forgotten join is put in where one key leads there, spellings of a value count as one, and all stays all."""

from __future__ import annotations

import pytest

from services.tables import mending, sql
from services.tables.values import vocabulary
from tests.services.tables.asked import Shop


def test_a_column_of_another_table_brings_its_join() -> None:
    shop = Shop()
    query = sql.parse("SELECT name, sum(quantity) AS n FROM sales GROUP BY name ORDER BY n DESC LIMIT 1")
    mending.join_owner(query, shop.tables)
    assert shop.query(query.sql(dialect="duckdb")).rows[0][1] == 10


def test_a_query_that_lacks_nothing_stays_as_it_is() -> None:
    shop = Shop()
    for text in ("SELECT SUM(quantity) FROM sales", "SELECT name FROM customers", "SELECT profit FROM sales"):
        query = sql.parse(text)
        mending.join_owner(query, shop.tables)
        assert query.sql(dialect="duckdb") == text


def test_a_value_in_capitals_and_in_small_letters_is_one_group() -> None:
    shop = Shop()
    shop.run("UPDATE sales SET country = 'GERMANY' WHERE order_id = 2")
    words = vocabulary(shop.tables, "Orders by country?", shop.query)
    query = sql.parse("SELECT country, count(*) FROM sales GROUP BY country ORDER BY country")
    (note,) = mending.group_spellings(query, shop.tables, words)
    assert "country" in note
    assert ("germany", 2) in shop.query(query.sql(dialect="duckdb")).rows


def test_groups_that_are_spelled_alike_keep_their_capitals() -> None:
    shop = Shop()
    words = vocabulary(shop.tables, "Orders by country?", shop.query)
    query = sql.parse("SELECT country, COUNT(*) FROM sales GROUP BY country")
    assert mending.group_spellings(query, shop.tables, words) == ()
    assert query.sql(dialect="duckdb") == "SELECT country, COUNT(*) FROM sales GROUP BY country"


def mended(text: str, question: str = "") -> str:
    shop = Shop()
    query = sql.parse(text)
    mending.name_key(query, shop.tables)
    mending.want_and_not(query)
    mending.take_median(query, question)
    mending.all_in_order(query, question)
    mending.order_periods(query, shop.tables)
    shop.query(query.sql(dialect="duckdb"))
    return query.sql(dialect="duckdb", normalize_functions=False)


def test_a_key_has_the_name_that_its_table_gives_it() -> None:
    without = "SELECT COUNT(*) FROM customers WHERE {} NOT IN (SELECT customer_id FROM sales)"
    assert mended(without.format("customer_id")) == mended(without.format("id"))


def test_a_subquery_may_use_the_key_around_it() -> None:
    text = "SELECT product FROM sales WHERE EXISTS(SELECT 1 FROM customers WHERE id = customer_id)"
    assert mended(text) == text


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
    assert ("LIMIT" not in mended(text, question)) is is_all


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
    assert mended(select) == select + order


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
    assert mended(f"SELECT COUNT(*) FROM sales WHERE {where}") == f"SELECT COUNT(*) FROM sales WHERE {left}"


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
    taken = mended("SELECT ROUND(AVG(quantity), 1) FROM sales", question)
    assert taken == f"SELECT ROUND({'MEDIAN' if is_median else 'AVG'}(quantity), 1) FROM sales"
