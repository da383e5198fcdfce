"""A forgotten join is put in where one key leads there, and spellings of a value count as one."""

from __future__ import annotations

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


def mended(text: str) -> str:
    shop = Shop()
    query = sql.parse(text)
    mending.name_key(query, shop.tables)
    shop.query(query.sql(dialect="duckdb"))
    return query.sql(dialect="duckdb", normalize_functions=False)


def test_a_key_has_the_name_that_its_table_gives_it() -> None:
    without = "SELECT COUNT(*) FROM customers WHERE {} NOT IN (SELECT customer_id FROM sales)"
    assert mended(without.format("customer_id")) == mended(without.format("id"))


def test_a_subquery_may_use_the_key_around_it() -> None:
    text = "SELECT product FROM sales WHERE EXISTS(SELECT 1 FROM customers WHERE id = customer_id)"
    assert mended(text) == text


def test_two_of_the_same_name_are_two() -> None:
    shop = Shop()
    shop.run("INSERT INTO customers VALUES (4, 'Anna Schmidt', false)")
    shop.run("UPDATE sales SET customer_id = 4 WHERE order_id = 3")
    tables = (shop.table("sales"), shop.table("customers"))
    most = "SELECT name, count(*) AS n FROM sales JOIN customers ON customer_id = id GROUP BY {}"
    query = sql.parse(most.format("name"))
    mending.group_by_key(query, tables)
    counted = shop.query(query.sql(dialect="duckdb")).rows
    assert sorted(n for name, n in counted if name == "Anna Schmidt") == [1, 1]
    of_countries = sql.parse(most.format("country"))
    mending.group_by_key(of_countries, tables)
    assert of_countries.sql() == sql.parse(most.format("country")).sql()
