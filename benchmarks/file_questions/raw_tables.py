"""The tables as DuckDB reads them when it is told what they are: what reference answers are computed on."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from benchmarks.file_questions import TABLES

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

READ = {
    "weather": "SELECT * FROM read_csv(?, delim = '\t', nullstr = ['', 'n/a'])",
    "survey": "SELECT * FROM read_csv(?, delim = ',', nullstr = '')",
    "customers": "SELECT * FROM read_csv(?, delim = ',', nullstr = '')",
    "orders": "SELECT * FROM read_csv(?, delim = ',', dateformat = '%d/%m/%Y')",
    "trips": "SELECT * FROM read_csv(?, delim = ',', timestampformat = '%Y-%m-%d %H:%M')",
    "tickets": """SELECT * REPLACE (created_at::TIMESTAMP AS created_at, closed_at::TIMESTAMP AS closed_at)
        FROM read_json(?, format = 'newline_delimited', convert_strings_to_integers = false,
            timestampformat = 'none', dateformat = 'none')""",
}
FILES = {
    "weather": "weather.tsv",
    "survey": "guest_survey.csv",
    "customers": "customers.csv",
    "orders": "orders.csv",
    "trips": "bike_trips.csv",
    "tickets": "tickets.jsonl",
}
SALES = """Belegnr VARCHAR, Datum DATE, Filiale VARCHAR, Artikel VARCHAR, Warengruppe VARCHAR, Menge INTEGER,
    Einzelpreis DECIMAL(10, 2), Rabatt DECIMAL(4, 1), Verkaeufer VARCHAR"""
EMPLOYEES = """ID INTEGER, Name VARCHAR, Department VARCHAR, Site VARCHAR, Hired DATE, "Left" DATE, Salary INTEGER,
    Weekly_hours DOUBLE"""
ABSENCES = "Employee_ID INTEGER, From_day DATE, To_day DATE, Reason VARCHAR"
ABSENCES_BEGIN = 4  # their sheet has a title, an empty row and a head


@contextmanager
def connect() -> Iterator[DuckDBPyConnection]:
    """A database in memory with sales, weather, employees, absences, tickets, survey, customers, orders and trips."""
    import duckdb
    from openpyxl import load_workbook

    with duckdb.connect() as database:
        for table, query in READ.items():
            database.execute(f"CREATE TABLE {table} AS {query}", [str(TABLES / FILES[table])])
        _fill(database, "sales", SALES, _sales())
        book = load_workbook(TABLES / "staff.xlsx", read_only=True)
        _fill(database, "employees", EMPLOYEES, book["Employees"].iter_rows(2, values_only=True))
        _fill(
            database,
            "absences",
            ABSENCES,
            book["Absences"].iter_rows(ABSENCES_BEGIN, None, 1, 4, values_only=True),
        )
        book.close()
        yield database


def _fill(database: DuckDBPyConnection, table: str, columns: str, rows: Iterable[Sequence[Any]]) -> None:
    database.execute(f"CREATE TABLE {table} ({columns})")
    values = list(rows)
    marks = ", ".join([f"({', '.join('?' * len(values[0]))})"] * len(values))
    database.execute(f"INSERT INTO {table} VALUES {marks}", [value for row in values for value in row])


def _sales() -> Iterator[list[str | None]]:
    text = (TABLES / "verkaeufe_2024.csv").read_text("cp1252")
    for row in list(csv.reader(text.splitlines(), delimiter=";"))[1:]:
        number, day, branch, article, group, sold, price, discount, seller = row
        yield [
            number,
            "-".join(reversed(day.split("."))),
            branch,
            article,
            group,
            sold,
            price.replace(".", "").replace(",", "."),
            discount.replace(",", ".") or None,
            seller or None,
        ]
