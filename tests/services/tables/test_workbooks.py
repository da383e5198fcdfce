import zipfile
from datetime import date, datetime, time
from decimal import Decimal

import pytest
from openpyxl import Workbook
from openpyxl.utils.datetime import CALENDAR_MAC_1904

from services.documents.refusals import Unreadable
from services.tables import workbooks


def saved(bench, rows, *, change=None, filename="book.xlsx"):
    book = Workbook()
    for row in rows:
        book.active.append(row)
    if change:
        change(book)
    path = bench.folder / filename
    book.save(path)
    return path


def test_values_keep_their_types(bench):
    rows = [["id", "name", "price", "day", "at", "ok"]]
    rows += [[n, f"é{n}", n + 0.5, date(2024, 1, n), datetime(2024, 1, n, 10, 30), n == 1] for n in (1, 2)]
    made = bench.load(saved(bench, rows))
    assert made.types == ["integer", "text", "decimal", "date", "timestamp", "boolean"]
    assert made.rows[0] == (1, "é1", Decimal("1.5"), date(2024, 1, 1), datetime(2024, 1, 1, 10, 30), True)
    assert (made.options.sheet, made.loaded.sheets) == ("Sheet", ("Sheet",))


@pytest.mark.parametrize(
    ("number", "day"), [(1, date(1900, 1, 1)), (59, date(1900, 2, 28)), (61, date(1900, 3, 1))]
)
def test_days_of_1900_are_those_that_excel_shows(bench, number, day):
    def as_date(book):
        for cell in ("A2", "A3"):
            book.active[cell].number_format = "yyyy-mm-dd"

    made = bench.load(saved(bench, [["day"], [number], [number]], change=as_date))
    assert made.column("day") == [day, day]


def test_days_are_counted_from_1904_where_the_workbook_does(bench):
    def from_1904(book):
        book.epoch = CALENDAR_MAC_1904
        book.active["A2"] = date(2024, 2, 29)
        book.active["A3"] = datetime(1904, 5, 1, 12, 0)

    made = bench.load(saved(bench, [["day"], [None], [None]], change=from_1904))
    assert made.column("day") == [datetime(2024, 2, 29), datetime(1904, 5, 1, 12, 0)]


def test_times_of_day_are_times(bench):
    assert bench.load(saved(bench, [["t"], [time(8, 5)], [time(17, 30)]])).column("t") == [
        time(8, 5),
        time(17, 30),
    ]


def test_merged_cells_each_have_the_value(bench):
    rows = [["region", "n"], ["North", 1], [None, 2], [None, 3], ["South", 4]]
    made = bench.load(saved(bench, rows, change=lambda book: book.active.merge_cells("A2:A4")))
    assert made.column("region") == ["North", "North", "North", "South"]
    assert "2 merged cells were filled" in made.loaded.notes[0]


def test_a_title_and_groups_of_columns_stand_above_the_header(bench):
    rows = [
        ["Sales of 2024"],
        [],
        [None, "2023", None, "2024", None],
        ["region", "Q1", "Q2", "Q1", "Q2"],
        ["North", 1, 2, 3, 4],
    ]

    def merge(book):
        for area in ("A1:E1", "B3:C3", "D3:E3"):
            book.active.merge_cells(area)

    made = bench.load(saved(bench, rows, change=merge))
    assert [column.title for column in made.loaded.columns] == [
        "region",
        "2023 Q1",
        "2023 Q2",
        "2024 Q1",
        "2024 Q2",
    ]
    assert made.rows == [("North", 1, 2, 3, 4)]


def test_another_sheet_can_be_chosen_and_one_that_is_not_there_is_refused(bench):
    def second(book):
        sheet = book.create_sheet("Costs")
        sheet.append(["cost"])
        sheet.append([7])

    path = saved(bench, [["n"], [1]], change=second)
    assert "2 sheets" in bench.load(path).loaded.notes[0]
    path.with_name("loaded.duckdb").unlink()
    assert bench.load(path, sheet="Costs").rows == [(7,)]
    with pytest.raises(Unreadable, match="has no sheet “Taxes”; its sheets are “Sheet”, “Costs”"):
        bench.load(path, sheet="Taxes")


def test_formulas_and_macros_do_not_run(bench):
    path = saved(bench, [["a", "b"], [1, "=1+1"], [2, "=1/0"]], filename="macros.xlsm")
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("xl/vbaProject.bin", b"Sub Auto_Open()")
    assert bench.load(path).column("a") == [1, 2]


def test_numbers_have_the_digits_that_a_sheet_shows(bench):
    made = bench.load(saved(bench, [["x"], [0.1 + 0.2], [1234567890123456]]))
    assert made.column("x") == [Decimal("0.3"), Decimal("1234567890123456")]


def test_a_bomb_is_not_unpacked(bench, monkeypatch):
    monkeypatch.setattr(workbooks, "MAX_UNPACKED_BYTES", 1_000)
    with pytest.raises(Unreadable, match="takes too much memory"):
        bench.load(saved(bench, [["a"], [1]]))


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"PK\x03\x04 cut short", "may be damaged"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "protected by a password, or damaged"),
    ],
)
def test_what_is_no_workbook_is_refused_with_a_sentence(bench, data, says):
    with pytest.raises(Unreadable, match=says):
        bench.load(data, "book.xlsx")
