"""The ledger as CSV: every call with all that is kept of it, or the sums of a period; nothing in it runs as a formula."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import select

from services.formulas import harmless
from services.metering.sums import Sum
from services.metering.units import units
from services.storage.database import Database
from services.storage.tables import CallRow

MOST_CALLS = 1_000_000
CHUNK = 5_000
LEFT_OUT = ("number", "owner")


def calls_csv(database: Database, owner: str, since: datetime) -> bytes:
    """Every call since a moment, the newest first, at most a million; times are UTC."""
    columns = [column for column in CallRow.__table__.columns if column.name not in LEFT_OUT]
    query = (
        select(*columns)
        .where(CallRow.owner == owner, CallRow.at >= since)
        .order_by(CallRow.at.desc(), CallRow.number.desc())
        .limit(MOST_CALLS)
    )
    with database.reading() as session:
        rows = session.execute(query.execution_options(yield_per=CHUNK))
        return _csv([column.name for column in columns], rows)


def sums_csv(days: Iterable[tuple[date, Sequence[Sum]]]) -> bytes:
    """One line for each stretch of time, connection, mode and model; it begins on `day`."""
    names = [unit.name for unit in units()]
    head = ["day", "connection", "mode", "model", "local", "calls", "failed_calls", "unknown_cost_calls"]
    return _csv([*head, "cost_usd", *names], _sum_rows(days, names))


def _sum_rows(days: Iterable[tuple[date, Sequence[Sum]]], names: Sequence[str]) -> Iterator[list[Any]]:
    for day, sums in days:
        for one in sums:
            counts = (one.calls, one.failed_calls, one.unknown_cost_calls, one.cost_usd)
            told = (one.units.get(name) for name in names)
            yield [day, one.connection, one.mode, one.model, one.local, *counts, *told]


def _csv(head: Sequence[str], rows: Iterable[Sequence[Any]]) -> bytes:
    # The mark at the start tells spreadsheets that this is UTF-8.
    data = io.BytesIO()
    with io.TextIOWrapper(data, "utf-8-sig", "replace", newline="", write_through=True) as out:
        writer = csv.writer(out)
        writer.writerow(head)
        writer.writerows(map(_as_text, row) for row in rows)
        return data.getvalue()


def _as_text(value: Any) -> Any:
    match value:
        case str():
            return harmless(value)
        case bool():
            return "true" if value else "false"
        case Decimal():
            return f"{value:f}"
        case datetime() | date():
            return value.isoformat()
        case _:
            return value
