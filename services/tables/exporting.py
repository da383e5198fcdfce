"""Results as files for a spreadsheet: types are kept, and nothing in them runs as a formula."""

from __future__ import annotations

import csv
import io
import re
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from services.errors import InvalidInput
from services.formulas import harmless
from services.tables.shapes import Result

if TYPE_CHECKING:
    from openpyxl.cell import WriteOnlyCell
    from openpyxl.worksheet._write_only import WriteOnlyWorksheet

MAX_XLSX_ROWS = 1_048_575
MAX_XLSX_COLUMNS = 16_384
MAX_CELL_CHARACTERS = 32_767
MAX_XLSX_DIGITS = 15

_NOT_IN_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff\ud800-\udfff]")
_FORMATS = {"date": "yyyy-mm-dd", "timestamp": "yyyy-mm-dd hh:mm:ss", "time": "hh:mm:ss"}


def to_csv(result: Result) -> bytes:
    """The result as CSV in UTF-8, with a mark so that spreadsheets know it. Text that would run has an apostrophe before it."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(map(harmless, result.columns))
    for row in result.rows:
        writer.writerow([_as_text(value) for value in row])
    return out.getvalue().encode("utf-8-sig", "replace")


def to_xlsx(result: Result) -> bytes:
    """The result as a workbook. Raises InvalidInput for more rows or columns than a sheet has."""
    from openpyxl import Workbook

    if len(result.rows) > MAX_XLSX_ROWS or len(result.columns) > MAX_XLSX_COLUMNS:
        raise InvalidInput(
            "A sheet takes no more than 1,048,575 rows and 16,384 columns. Export CSV instead."
        )
    book = Workbook(write_only=True)
    sheet: Any = book.create_sheet("Result")
    sheet.freeze_panes = "A2"
    sheet.append([_cell(sheet, name, "text") for name in result.columns])
    for row in result.rows:
        sheet.append([_cell(sheet, value, kind) for value, kind in zip(row, result.types, strict=True)])
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def _as_text(value: Any) -> str:
    match value:
        case None:
            return ""
        case bool():
            return "true" if value else "false"
        case str():
            return harmless(value)
        case datetime():
            return value.isoformat(" ")
        case Decimal():
            return f"{value:f}"
        case _:
            return str(value)


def _cell(sheet: WriteOnlyWorksheet, value: Any, kind: str) -> WriteOnlyCell | None:
    from openpyxl.cell import WriteOnlyCell

    if value is None:
        return None
    cell = WriteOnlyCell(sheet, value=None)
    if isinstance(value, str) or _is_too_long(value):
        text = _NOT_IN_XML.sub("", str(value))[:MAX_CELL_CHARACTERS]
        cell.value = text
        cell.data_type = "s"  # openpyxl would make a formula of what begins with an equals sign
        cell.quotePrefix = harmless(text) != text
        return cell
    cell.value = value.replace(tzinfo=None) if isinstance(value, datetime) else value
    if kind in _FORMATS:
        cell.number_format = _FORMATS[kind]
    return cell


def _is_too_long(value: Any) -> bool:
    """Whether a spreadsheet, which has 15 digits, would change the number."""
    if isinstance(value, bool) or not isinstance(value, int | Decimal):
        return False
    return len(Decimal(value).normalize().as_tuple().digits) > MAX_XLSX_DIGITS
