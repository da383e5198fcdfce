"""The ledger: every call to a model, what it used and what it cost."""

from __future__ import annotations

from datetime import datetime, tzinfo

from services.metering.records import CallRecord, Totals
from services.storage.database import Database


class Ledger:
    """Calls of one owner."""

    def __init__(self, database: Database, owner: str) -> None: ...

    def record(self, call: CallRecord) -> None:
        raise NotImplementedError

    def totals(self, since: datetime | None = None, conversation_id: str | None = None) -> Totals:
        raise NotImplementedError

    def rows(self, limit: int = 100) -> list[CallRecord]:
        raise NotImplementedError


def day_start(now: datetime, zone: tzinfo) -> datetime:
    """The start of the local day that `now` falls in, as aware UTC."""
    raise NotImplementedError


def month_start(now: datetime, zone: tzinfo) -> datetime:
    """The start of the local month that `now` falls in, as aware UTC."""
    raise NotImplementedError
