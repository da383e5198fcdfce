"""Spending limits a person sets for themselves."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, tzinfo
from decimal import Decimal
from typing import Literal

from services.metering.ledger import Ledger
from services.storage.preferences import Preferences


@dataclass(frozen=True, slots=True)
class Limits:
    """Limits in USD; None means no limit. `hard` stops a request, otherwise it only warns."""

    conversation_usd: Decimal | None = None
    day_usd: Decimal | None = None
    month_usd: Decimal | None = None
    warn_share: Decimal = Decimal("0.8")
    hard: bool = True


@dataclass(frozen=True, slots=True)
class BudgetLine:
    """One limit and how much of it is used."""

    scope: Literal["conversation", "day", "month"]
    limit_usd: Decimal
    spent_usd: Decimal
    unknown_cost_calls: int
    state: Literal["fine", "near", "over"]

    @property
    def left_usd(self) -> Decimal:
        return max(self.limit_usd - self.spent_usd, Decimal(0))


@dataclass(frozen=True, slots=True)
class BudgetState:
    """All limits that are set; empty when none is."""

    lines: tuple[BudgetLine, ...]
    estimated_cost_usd: Decimal | None


class Budgets:
    """The limits of one owner, kept in the preferences."""

    def __init__(self, preferences: Preferences) -> None: ...

    def limits(self) -> Limits:
        raise NotImplementedError

    def set_limits(self, limits: Limits) -> None:
        raise NotImplementedError

    def check(
        self,
        ledger: Ledger,
        conversation_id: str | None,
        estimated_cost_usd: Decimal | None,
        now: datetime,
        zone: tzinfo | None = None,
        *,
        local: bool = False,
    ) -> BudgetState:
        raise NotImplementedError
