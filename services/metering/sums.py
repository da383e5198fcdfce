"""The ledger added up by the database: by stretch of time, model, mode and connection."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import BigInteger, Float, case, cast, func, select
from sqlalchemy.sql.elements import ColumnElement

from services.metering.units import units
from services.storage.database import Database
from services.storage.tables import CallRow

Stamp = tuple[int, int]
KEYS = ("connection", "mode", "model", "local")
MOST_CONVERSATIONS = 1_000
NANO = 1_000_000_000


@dataclass(frozen=True, slots=True)
class Sum:
    """The calls of one model in one mode over one connection, added up.

    `cost_usd` is the known part, rounded to a billionth of a dollar; `unknown_cost_calls` could not be priced.
    `units` holds what the ledger counts, by its name there, and leaves out what no server told.
    """

    connection: str
    mode: str
    model: str
    local: bool
    calls: int
    failed_calls: int
    unknown_cost_calls: int
    cost_usd: Decimal
    units: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ConversationSum:
    """What a conversation cost."""

    conversation_id: str
    calls: int
    cost_usd: Decimal


class Sums:
    """Sums over the calls of one owner. What is asked for in pieces may be remembered by their stamps."""

    def __init__(self, database: Database, owner: str) -> None:
        self._database = database
        self.owner = owner

    def first_at(self) -> datetime | None:
        """When the oldest call was made; None for an empty ledger."""
        with self._database.reading() as session:
            return session.scalar(select(func.min(CallRow.at)).where(CallRow.owner == self.owner))

    def calls_since(self, moment: datetime) -> int:
        """How many calls are dated at this moment or later."""
        mine = select(func.count()).where(CallRow.owner == self.owner, CallRow.at >= moment)
        with self._database.reading() as session:
            return session.scalar(mine) or 0

    def stamp(self, start: datetime, end: datetime) -> Stamp:
        """Changes whenever a call is entered or forgotten from `start` until before `end`; read from the index alone.

        The first number is how many calls there are.
        """
        within = select(func.count(), func.max(CallRow.number)).where(*self._within(start, end))
        with self._database.reading() as session:
            count, last = session.execute(within).one()
            return count, last or 0

    def between(self, start: datetime, end: datetime) -> tuple[Sum, ...]:
        """The calls from `start` until before `end`, by connection, mode and model."""
        names = [unit.name for unit in units()]
        by = [getattr(CallRow, name) for name in KEYS]
        figures = (
            func.count(),
            func.sum(case((CallRow.status == "failed", 1), else_=0)),
            func.count(CallRow.cost_usd),
            nano_usd(),
            *(func.sum(getattr(CallRow, name)) for name in names),
        )
        query = select(*by, *figures).where(*self._within(start, end)).group_by(*by)
        with self._database.reading() as session:
            return tuple(_sum(row, names) for row in session.execute(query))

    def dearest_conversations(self, start: datetime, end: datetime, most: int) -> tuple[ConversationSum, ...]:
        """The conversations that cost most from `start` until before `end`, the dearest first; free ones are none."""
        cost = nano_usd()
        query = (
            select(CallRow.conversation_id, func.count(), cost)
            .where(*self._within(start, end), CallRow.conversation_id.is_not(None))
            .group_by(CallRow.conversation_id)
            .having(cost > 0)
            .order_by(cost.desc())
            .limit(most)
        )
        with self._database.reading() as session:
            return tuple(ConversationSum(i or "", n, as_usd(nano)) for i, n, nano in session.execute(query))

    def conversations_of(self, models: Iterable[str], since: datetime) -> tuple[tuple[str, str], ...]:
        """The models among these that were called since a moment, each with every conversation that called it."""
        query = (
            select(CallRow.model, CallRow.conversation_id)
            .where(
                CallRow.owner == self.owner,
                CallRow.at >= since,
                CallRow.model.in_(list(models)),
                CallRow.conversation_id.is_not(None),
            )
            .distinct()
            .limit(MOST_CONVERSATIONS)
        )
        with self._database.reading() as session:
            return tuple((model, conversation or "") for model, conversation in session.execute(query))

    def _within(self, start: datetime, end: datetime) -> tuple[ColumnElement[bool], ...]:
        return CallRow.owner == self.owner, CallRow.at >= start, CallRow.at < end


def nano_usd() -> ColumnElement[int]:
    """The cost of the calls in a query in whole billionths of a dollar, which any database adds exactly; see `as_usd`.

    Costs are kept as text, digit by digit, and a database would add them as floats, or not at all.
    """
    return func.sum(cast(func.round(cast(CallRow.cost_usd, Float) * NANO), BigInteger))


def as_usd(nano: int | Decimal | None) -> Decimal:
    """Dollars of so many billionths; a sum over nothing is nothing."""
    return Decimal(nano or 0) / NANO


def _sum(row: Any, names: list[str]) -> Sum:
    connection, mode, model, local, calls, failed, priced, nano, *counts = row
    told = {name: count for name, count in zip(names, counts, strict=True) if count is not None}
    return Sum(
        connection, mode, model, bool(local), calls, int(failed or 0), calls - priced, as_usd(nano), told
    )
