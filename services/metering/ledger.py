"""The ledger: every call to a model, what it used and what it cost."""

from __future__ import annotations

from dataclasses import fields
from datetime import UTC, datetime, time, tzinfo
from decimal import Decimal

from sqlalchemy import delete, func, select
from sqlalchemy.sql.elements import ColumnElement

from services.metering.records import CallRecord, Totals
from services.storage.database import Database
from services.storage.tables import CallRow
from services.turns import Usage

__all__ = ["CallRecord", "Ledger", "Totals", "day_start", "month_start"]

USAGE_FIELDS = tuple(f.name for f in fields(Usage))
RECORD_FIELDS = tuple(f.name for f in fields(CallRecord) if f.name != "usage")


class Ledger:
    """Calls of one owner."""

    def __init__(self, database: Database, owner: str) -> None:
        self._database = database
        self._owner = owner

    def record(self, call: CallRecord) -> None:
        """Enter a call."""
        values = {name: getattr(call, name) for name in RECORD_FIELDS}
        values["mode"], values["status"] = str(call.mode), str(call.status)
        usage = {name: getattr(call.usage, name) for name in USAGE_FIELDS}
        with self._database.session() as session:
            session.add(CallRow(owner=self._owner, **values, **usage))

    def totals(self, since: datetime | None = None, conversation_id: str | None = None) -> Totals:
        """Sums over the calls since a moment, of a conversation, or over all."""
        which: list[ColumnElement[bool]] = [CallRow.owner == self._owner]
        if since is not None:
            which.append(CallRow.at >= since)
        if conversation_id is not None:
            which.append(CallRow.conversation_id == conversation_id)
        sums = [func.sum(getattr(CallRow, name)) for name in USAGE_FIELDS]
        counts = (func.count(), func.count(CallRow.cost_usd), func.count(CallRow.prompt_tokens))
        with self._database.reading() as session:
            calls, priced, counted, *tokens = session.execute(select(*counts, *sums).where(*which)).one()
            costs = session.scalars(select(CallRow.cost_usd).where(*which, CallRow.cost_usd.is_not(None)))
            # Databases add decimals as floats, or not at all: add them here, exactly.
            cost_usd = sum((c for c in costs if c is not None), Decimal(0))
        usage = Usage(*(None if n is None else int(n) for n in tokens))
        return Totals(calls, usage, cost_usd, calls - priced, calls - counted)

    def rows(self, limit: int = 100) -> list[CallRecord]:
        """The last calls, newest first."""
        mine = select(CallRow).where(CallRow.owner == self._owner)
        newest = mine.order_by(CallRow.at.desc(), CallRow.number.desc()).limit(limit)
        with self._database.reading() as session:
            return [_record(row) for row in session.scalars(newest)]

    def delete_all(self) -> None:
        """Forget every call of this owner."""
        with self._database.session() as session:
            session.execute(delete(CallRow).where(CallRow.owner == self._owner))


def _record(row: CallRow) -> CallRecord:
    usage = Usage(*(getattr(row, name) for name in USAGE_FIELDS))
    return CallRecord(usage=usage, **{name: getattr(row, name) for name in RECORD_FIELDS})


def day_start(now: datetime, zone: tzinfo | None = None) -> datetime:
    """The start of the local day that `now` falls in, as aware UTC; without a zone, this machine's."""
    local = now.astimezone(zone)
    return _midnight(local, zone)


def month_start(now: datetime, zone: tzinfo | None = None) -> datetime:
    """The start of the local month that `now` falls in, as aware UTC; without a zone, this machine's."""
    return _midnight(now.astimezone(zone).replace(day=1), zone)


def _midnight(local: datetime, zone: tzinfo | None) -> datetime:
    # Built anew, so that the zone's offset at midnight counts and not the one of `local`.
    midnight = datetime.combine(local.date(), time.min, tzinfo=zone)
    return midnight.astimezone(UTC)
