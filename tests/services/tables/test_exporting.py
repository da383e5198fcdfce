import csv
import io
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from openpyxl import load_workbook

from services.tables.exporting import to_csv, to_xlsx
from services.tables.shapes import Result

LIVE = ["=1+1", "+1+cmd|' /C calc'!A0", "-1+2", "@SUM(1)", "\t=1", "\r=1", " =1", "＝1"]


def result(*rows, types=("text",)):
    return Result(tuple(f"c{n}" for n in range(len(types))), types, rows, 0.1)


@pytest.mark.parametrize("text", LIVE)
def test_csv_carries_no_live_formula(text):
    (_, (cell,)) = csv.reader(io.StringIO(to_csv(result((text,))).decode("utf-8-sig"), newline=""))
    assert cell == "'" + text


@pytest.mark.parametrize("text", LIVE)
def test_xlsx_carries_no_live_formula(text):
    cell = load_workbook(io.BytesIO(to_xlsx(result((text,))))).active["A2"]
    assert (cell.data_type, cell.quotePrefix) == ("s", True)
    assert cell.value.strip() == text.strip()


def test_names_of_columns_are_made_harmless_too():
    live = Result(("=cmd",), ("integer",), ((1,),), 0.1)
    assert b"'=cmd" in to_csv(live)
    assert load_workbook(io.BytesIO(to_xlsx(live))).active["A1"].data_type == "s"


def test_negative_numbers_stay_numbers():
    rows = result(("-5", Decimal("-1.50"), -3), types=("text", "decimal", "integer"))
    assert to_csv(rows).decode("utf-8-sig").splitlines()[1] == "-5,-1.50,-3"


def test_xlsx_keeps_types():
    row = (7, Decimal("1.5"), 2.25, True, date(2024, 1, 5), datetime(2024, 1, 5, 10, 30, tzinfo=UTC), None)
    types = ("integer", "decimal", "decimal", "boolean", "date", "timestamp", "text")
    cells = load_workbook(io.BytesIO(to_xlsx(result(row, types=types)))).active[2]
    values = [cell.value for cell in cells]
    assert values[:4] == [7, 1.5, 2.25, True]
    assert values[4:6] == [datetime(2024, 1, 5), datetime(2024, 1, 5, 10, 30)]


def test_numbers_that_a_spreadsheet_would_round_are_written_as_text():
    row = result((4111111111111111111,), types=("integer",))
    assert load_workbook(io.BytesIO(to_xlsx(row))).active["A2"].value == "4111111111111111111"


def test_control_characters_do_not_spoil_a_workbook():
    assert load_workbook(io.BytesIO(to_xlsx(result(("a\x00\x0bb\ud800",))))).active["A2"].value == "ab"
