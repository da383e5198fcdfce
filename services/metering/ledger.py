"""The ledger: every call to a model, what it used and what it cost."""

from __future__ import annotations

from dataclasses import fields
from datetime import datetime

from sqlalchemy import case, delete, func, select
from sqlalchemy.sql.elements import ColumnElement

from services.metering.records import CallRecord, Media, Totals
from services.metering.sums import Sums, as_usd, nano_usd
from services.storage.database import Database
from services.storage.tables import CallRow
from services.turns import Usage

__all__ = ["CallRecord", "Ledger", "Totals"]

USAGE_FIELDS = tuple(f.name for f in fields(Usage))
MEDIA_FIELDS = tuple(f.name for f in fields(Media))
RECORD_FIELDS = tuple(f.name for f in fields(CallRecord) if f.name != "usage")


class Ledger:
    """Calls of one owner."""

    def __init__(self, database: Database, owner: str) -> None:
        self._database = database
        self._owner = owner

    @property
    def sums(self) -> Sums:
        """The same calls added up by the database, for tables and charts."""
        return Sums(self._database, self._owner)

    def record(self, call: CallRecord) -> None:
        """Enter a call."""
        values = {name: getattr(call, name) for name in RECORD_FIELDS}
        values["mode"], values["status"] = str(call.mode), str(call.status)
        usage = {name: getattr(call.usage, name) for name in USAGE_FIELDS}
        with self._database.session() as session:
            session.add(CallRow(owner=self._owner, **values, **usage))

    def totals(
        self,
        since: datetime | None = None,
        conversation_id: str | None = None,
        before: datetime | None = None,
    ) -> Totals:
        """Sums over the calls since a moment and before another, of a conversation, or over all; money to the billionth of a dollar."""
        which: list[ColumnElement[bool]] = [CallRow.owner == self._owner]
        if since is not None:
            which.append(CallRow.at >= since)
        if before is not None:
            which.append(CallRow.at < before)
        if conversation_id is not None:
            which.append(CallRow.conversation_id == conversation_id)
        sums = [func.sum(getattr(CallRow, name)) for name in USAGE_FIELDS]
        counts = (func.count(), func.count(CallRow.cost_usd), func.count(CallRow.prompt_tokens))
        media = [getattr(CallRow, name) for name in MEDIA_FIELDS]
        sums += [func.sum(unit) for unit in media] + [func.sum(case((CallRow.local, unit))) for unit in media]
        with self._database.reading() as session:
            found = session.execute(select(*counts, nano_usd(), *sums).where(*which)).one()
        calls, priced, counted, nano, *rest = found
        tokens, rest = rest[: len(USAGE_FIELDS)], rest[len(USAGE_FIELDS) :]
        usage = Usage(*(None if n is None else int(n) for n in tokens))
        all_media, local = (
            Media(*(n or 0 for n in part)) for part in (rest[: len(media)], rest[len(media) :])
        )
        return Totals(calls, usage, as_usd(nano), calls - priced, calls - counted, all_media, local)

    def rows(self, limit: int = 100) -> list[CallRecord]:
        """The last calls, newest first."""
        mine = select(CallRow).where(CallRow.owner == self._owner)
        newest = mine.order_by(CallRow.at.desc(), CallRow.number.desc()).limit(limit)
        with self._database.reading() as session:
            return [_record(row) for row in session.scalars(newest)]

    def csv(self, since: datetime) -> bytes:
        """Every call since a moment as CSV, the newest first."""
        from services.metering.export import calls_csv

        return calls_csv(self._database, self._owner, since)

    def delete_all(self) -> None:
        """Forget every call of this owner."""
        with self._database.session() as session:
            session.execute(delete(CallRow).where(CallRow.owner == self._owner))


def _record(row: CallRow) -> CallRecord:
    usage = Usage(*(getattr(row, name) for name in USAGE_FIELDS))
    return CallRecord(usage=usage, **{name: getattr(row, name) for name in RECORD_FIELDS})
