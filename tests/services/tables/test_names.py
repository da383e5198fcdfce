import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.tables.names import KEYWORDS, column_names, table_name


@pytest.mark.parametrize(
    ("title", "name"),
    [
        ("Total Amount (€)", "total_amount"),
        ("unitPrice", "unit_price"),
        ("Straße & Nr.", "strasse_and_nr"),
        ("2023", "c_2023"),
        ("Order", "order_"),
        ("Prénom", "prenom"),
        ("город", "город"),
        ("_row", "row_"),
        ("", "column_1"),
        ("%", "percent"),
    ],
)
def test_a_title_becomes_a_name_that_needs_no_quotes(title, name):
    assert column_names([title]) == [name]


def test_titles_that_are_alike_get_different_names():
    assert column_names(["a", "A", "a ", "a_2", ""]) == ["a", "a_2", "a_3", "a_2_2", "column_5"]


@pytest.fixture(scope="module")
def connection():
    with duckdb.connect() as connection:
        yield connection


@settings(deadline=None, max_examples=60)
@given(titles=st.lists(st.text(max_size=80), min_size=1, max_size=8))
def test_whatever_the_titles_the_names_can_be_used(connection, titles):
    names = column_names(titles)
    fields = ", ".join(f"{n} AS {name}" for n, name in enumerate(names))
    found = connection.execute(f"SELECT {', '.join(names)} FROM (SELECT {fields})")
    assert [name for name, *_ in found.description] == names


def test_every_word_that_sql_keeps_for_itself_is_known(connection):
    query = "SELECT keyword_name FROM duckdb_keywords() WHERE keyword_category <> 'unreserved'"
    assert {word for (word,) in connection.execute(query).fetchall()} <= KEYWORDS


def test_a_table_is_named_by_its_file_and_like_no_other():
    assert table_name("Sales 2024.final.csv", ()) == "sales_2024_final"
    assert table_name("sales.csv", {"sales", "sales_2"}) == "sales_3"
    assert table_name("2024.xlsx", ()) == "t_2024"
    assert table_name("???.csv", ()) == "table_1"
