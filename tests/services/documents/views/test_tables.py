"""The rows that are cited, and their neighbours."""

from __future__ import annotations

from typing import Any

import pytest

from services.documents.document import rows_of
from services.documents.views.shapes import TableView
from tests.services.documents.conftest import Extracted
from tests.services.documents.views.conftest import Seen

PEOPLE = "name,age\n" + "".join(f"P{number},{20 + number}\n\n" for number in range(1, 101))


def table(seen: Seen, name: str, data: str, **place: Any) -> TableView:
    view = seen(name, data, **place)
    assert isinstance(view, TableView)
    return view


def numbers(view: TableView) -> tuple[list[int], list[int]]:
    """The rows that are shown, and those of them that are marked."""
    return [row.number for row in view.rows], [row.number for row in view.rows if row.is_cited]


def test_cited_rows_are_marked_among_two_before_and_after(seen: Seen) -> None:
    view = table(seen, "a.csv", PEOPLE, rows=(10, 12))
    assert numbers(view) == ([8, 9, 10, 11, 12, 13, 14], [10, 11, 12])
    assert view.columns == ("name", "age")
    assert view.rows[0].cells == ("P8", "28")
    assert (view.row_count, view.found) == (100, True)


@pytest.mark.parametrize(
    ("rows", "shown"), [((1, 1), [1, 2, 3]), ((100, 100), [98, 99, 100]), ((99, 300), [97, 98, 99, 100])]
)
def test_a_table_ends_where_it_ends(seen: Seen, rows: tuple[int, int], shown: list[int]) -> None:
    assert numbers(table(seen, "a.csv", PEOPLE, rows=rows))[0] == shown


def test_the_row_with_the_quote_is_meant_among_those_cited(seen: Seen) -> None:
    view = table(seen, "a.csv", PEOPLE, rows=(1, 90), quote="name: P41; age: 61")
    assert numbers(view) == ([39, 40, 41, 42, 43], [41])
    two = table(seen, "a.csv", PEOPLE, rows=(1, 90), quote="age: 61\nname: P42")
    assert numbers(two)[1] == [41, 42]


def test_a_quote_alone_finds_its_row(seen: Seen) -> None:
    assert numbers(table(seen, "a.csv", PEOPLE, quote="name: P41"))[1] == [41]


def test_rows_count_as_they_do_in_the_text(seen: Seen, extracted: Extracted) -> None:
    for name, data in (
        ("a.csv", PEOPLE),
        ("a.csv", "1,2\n3,4\n5,6\n"),
        ("a.tsv", "a\tb\n1\t2\n"),
        ("a.csv", "a,b\n"),
    ):
        document = extracted(name, data)
        last = document.text.splitlines()[-1]
        at = document.text.index(last)
        rows = rows_of(document, at, at + len(last))
        assert numbers(table(seen, name, data, quote=last))[1] == [rows[0]] if rows else False


def test_what_is_not_found_shows_the_first_rows_unmarked(seen: Seen) -> None:
    for place in ({"quote": "nobody"}, {"rows": (400, 500)}, {}):
        view = table(seen, "a.csv", PEOPLE, **place)
        assert numbers(view) == ([1, 2, 3, 4, 5], [])
        assert not view.found


def test_a_table_without_a_header_has_unnamed_columns(seen: Seen) -> None:
    view = table(seen, "a.csv", "1,2\n3,4,5\n", rows=(2, 2))
    assert view.columns == ()
    assert [row.cells for row in view.rows] == [("1", "2", ""), ("3", "4", "5")]


def test_long_cells_many_columns_and_many_rows_are_cut(seen: Seen) -> None:
    wide = ",".join(f"c{number}" for number in range(50))
    view = table(seen, "a.csv", f"{wide}\n" + f"{'x y ' * 500},{'z' * 1000}\n" * 200, rows=(1, 150))
    assert (len(view.columns), view.more_columns) == (30, 20)
    assert (len(view.rows), view.more_rows) == (52, 100)
    assert {len(cell) for row in view.rows for cell in row.cells} <= {0, 299, 300}
    assert view.rows[0].cells[0].endswith("…")


def test_json_lines_become_columns(seen: Seen) -> None:
    view = table(seen, "a.jsonl", '{"a": "x", "b": 1}\n\n{"b": {"c": "\\u00e4"}}\n', rows=(2, 2))
    assert view.columns == ("a", "b")
    assert [row.cells for row in view.rows] == [("x", "1"), ("", '{"c": "ä"}')]
    assert numbers(view)[1] == [2]


def test_json_lines_of_other_values_are_shown_as_they_are(seen: Seen) -> None:
    lines = ["[1, 2]", "[" * 3000, '"\\ud800"', "no json"]
    view = table(seen, "a.jsonl", "\n".join(lines), rows=(1, 1))
    assert view.columns == ()
    assert [row.cells[0][:4] for row in view.rows] == ["[1, ", "[[[[", '""']


def test_halves_of_characters_are_taken_out(seen: Seen) -> None:
    view = table(seen, "a.jsonl", '{"a": "x\\ud800y\\u0000z"}\n', rows=(1, 1))
    assert view.rows[0].cells == ("xyz",)
