"""Values of text columns: found by the question, and put right when they are misspelt."""

from __future__ import annotations

import pytest

from services.errors import InvalidInput
from services.tables import values
from services.tables.shapes import Result, Table
from tests.services.tables.asked import Shop


@pytest.fixture(scope="module")
def shop() -> Shop:
    return Shop()


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("germany", "Germany"),
        ("cote d’ivoire", "Côte d'Ivoire"),
        ("UnitedStates", "United States"),
        ("Lamps", "Lamp"),
        ("Germny", "Germany"),
        ("part time", "part-time"),
        ("Italy", None),
        ("USA", "United States"),
        ("U.S.", "United States"),
        ("us", None),
        ("A321", None),
    ],
)
def test_a_value_is_recognised_however_it_is_spelt(written: str, meant: str | None) -> None:
    known = ["Germany", "Côte d'Ivoire", "United States", "Lamp", "part-time", "A320", "India"]
    assert values.same_word(written, known) == meant


def test_what_could_be_either_of_two_is_neither() -> None:
    assert values.same_word("north east", ["North-East", "Northeast"]) is None


def test_few_values_are_known_whole(shop: Shop) -> None:
    found = values.vocabulary(shop.tables, "How many?", shop.query)
    assert found.of("sales", "product") == ("Chair", "Desk", "Lamp")
    assert found.is_whole("sales", "product")


def test_of_many_values_those_the_question_resembles_are_found() -> None:
    shop = Shop()
    many = Table(
        "people", "c", "people", "people.csv", 1, "ready",
        columns=(shop.tables[1].columns[1].__class__("name", "name", "text", distinct_count=500),), row_count=500,
    )  # fmt: skip
    people = "CREATE TABLE people AS SELECT 'Person ' || i AS name FROM range(500) t(i) UNION ALL SELECT 'Ánna O''Hara'"
    shop.run(people)
    found = values.vocabulary([many], "What does anna o'hara earn?", shop.query)
    assert found.of("people", "name") == ("Ánna O'Hara",)
    assert not found.is_whole("people", "name")


def test_a_table_that_cannot_be_read_has_no_say(shop: Shop) -> None:
    def fails(sql: str) -> Result:
        raise InvalidInput("gone")

    assert values.vocabulary(shop.tables, "How many?", fails).values == {}


def test_the_nearest_values_come_first(shop: Shop) -> None:
    sales = shop.tables[0]
    country = next(column for column in sales.columns if column.name == "country")
    assert values.nearest(sales, country, "Untied Staates", shop.query)[0] == "United States"
    assert values.holds(sales, country, "Côte d'Ivoire", shop.query)
    assert not values.holds(sales, country, "x' OR 1=1 --", shop.query)


def test_spellings_differ_in_capitals_accents_and_space_alone() -> None:
    shop = Shop()
    shop.run("UPDATE sales SET country = ' cote d''ivoire' WHERE order_id = 5")
    sales = shop.tables[0]
    country = next(column for column in sales.columns if column.name == "country")
    assert values.spellings(sales, country, "Côte d'Ivoire", shop.query) == (" cote d'ivoire",)
    assert values.spellings(sales, country, "Germany", shop.query) == ()
