"""Spending limits a person sets for themselves; a request that would pass one is not sent."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, tzinfo
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any, Literal

from services.errors import BudgetExceeded, InvalidInput
from services.metering.periods import this_month, today

if TYPE_CHECKING:
    from services.metering.ledger import Ledger
    from services.metering.records import Totals
    from services.storage.preferences import Preferences

PREFERENCE = "budgets"
MAX_USD = Decimal(1_000_000)
Scope = Literal["conversation", "day", "month"]
SCOPES: tuple[tuple[Scope, str], ...] = (
    ("conversation", "for this conversation"),
    ("day", "for today"),
    ("month", "for this month"),
)


@dataclass(frozen=True, slots=True)
class Limits:
    """Limits in USD; None means no limit. `hard` stops a request, otherwise a limit only warns."""

    conversation_usd: Decimal | None = None
    day_usd: Decimal | None = None
    month_usd: Decimal | None = None
    warn_share: Decimal = Decimal("0.8")
    hard: bool = True


@dataclass(frozen=True, slots=True)
class BudgetLine:
    """One limit and how much of it is used. Calls of unknown cost are not in `spent_usd`."""

    scope: Scope
    limit_usd: Decimal
    spent_usd: Decimal
    unknown_cost_calls: int
    state: Literal["fine", "near", "over"]

    @property
    def left_usd(self) -> Decimal:
        """What may still be spent."""
        return max(self.limit_usd - self.spent_usd, Decimal(0))


@dataclass(frozen=True, slots=True)
class BudgetState:
    """All limits that are set, the tightest first; empty when none is."""

    lines: tuple[BudgetLine, ...]
    estimated_cost_usd: Decimal | None


class Budgets:
    """The limits of one owner, kept in the preferences."""

    def __init__(self, preferences: Preferences) -> None:
        self._preferences = preferences

    def limits(self) -> Limits:
        """The limits as set; none at first."""
        stored: dict[str, Any] = self._preferences.get(PREFERENCE, {})
        amounts = {f"{scope}_usd": _amount(stored.get(f"{scope}_usd")) for scope, _ in SCOPES}
        share = _amount(stored.get("warn_share")) or Decimal("0.8")
        return Limits(**amounts, warn_share=share, hard=bool(stored.get("hard", True)))

    def set_limits(self, limits: Limits) -> None:
        """Keep new limits. Raises InvalidInput for amounts that make no sense."""
        amounts = {f"{scope}_usd": getattr(limits, f"{scope}_usd") for scope, _ in SCOPES}
        for amount in amounts.values():
            if amount is not None and not (amount.is_finite() and 0 <= amount <= MAX_USD):
                raise InvalidInput(f"A budget is an amount from 0 to {MAX_USD:,} dollars, or empty for none.")
        if not (limits.warn_share.is_finite() and 0 < limits.warn_share <= 1):
            raise InvalidInput("The share at which to warn lies above 0 and at most at 1.")
        stored = {name: None if amount is None else str(amount) for name, amount in amounts.items()}
        self._preferences.set(
            PREFERENCE, {**stored, "warn_share": str(limits.warn_share), "hard": limits.hard}
        )

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
        """Where the budgets stand. Raises BudgetExceeded when a hard limit is used up or this call would pass it.

        Days and months are those of `zone`, else of this machine. Local calls are free and never stopped.
        """
        limits = self.limits()
        state = BudgetState(_lines(limits, ledger, conversation_id, now, zone), estimated_cost_usd)
        if limits.hard and not local and estimated_cost_usd != 0:
            _stop_when_over(state)
        return state

    def state(
        self, ledger: Ledger, conversation_id: str | None, now: datetime, zone: tzinfo | None = None
    ) -> BudgetState:
        """Where the budgets stand, for showing."""
        return BudgetState(_lines(self.limits(), ledger, conversation_id, now, zone), None)


def _lines(
    limits: Limits, ledger: Ledger, conversation_id: str | None, now: datetime, zone: tzinfo | None
) -> tuple[BudgetLine, ...]:
    lines = [
        _line(scope, limit, _spent(scope, ledger, conversation_id, now, zone), limits.warn_share)
        for scope, _ in SCOPES
        if (limit := getattr(limits, f"{scope}_usd")) is not None
        and (scope != "conversation" or conversation_id is not None)
    ]
    return tuple(sorted(lines, key=lambda line: line.left_usd))


def _spent(
    scope: Scope, ledger: Ledger, conversation_id: str | None, now: datetime, zone: tzinfo | None
) -> Totals:
    if scope == "conversation":
        return ledger.totals(conversation_id=conversation_id)
    # Bounded on both sides: a call made while the clock was ahead must not count as today's until its day comes.
    stretch = today(now, zone) if scope == "day" else this_month(now, zone)
    return ledger.totals(since=stretch.start, before=stretch.end)


def _line(scope: Scope, limit_usd: Decimal, totals: Totals, warn_share: Decimal) -> BudgetLine:
    spent = totals.cost_usd
    state: Literal["fine", "near", "over"] = "fine"
    if spent >= limit_usd:
        state = "over"
    elif spent >= limit_usd * warn_share:
        state = "near"
    return BudgetLine(scope, limit_usd, spent, totals.unknown_cost_calls, state)


def _stop_when_over(state: BudgetState) -> None:
    estimate = state.estimated_cost_usd
    for line in state.lines:
        if line.state != "over" and (estimate is None or line.spent_usd + estimate <= line.limit_usd):
            continue
        price = "" if estimate is None else f" and this request would cost about {_usd(estimate)}"
        raise BudgetExceeded(
            f"Your budget {dict(SCOPES)[line.scope]} is {_usd(line.limit_usd)}; {_usd(line.spent_usd)} of it is spent"
            f"{price}. Nothing was sent. Raise the budget in Settings, or choose a local model.",
            code=f"budget_{line.scope}",
        )


def _usd(amount: Decimal) -> str:
    if amount == 0 or amount >= 1:
        return f"${amount:,.2f}"
    if amount < Decimal("0.000001"):
        return "less than $0.000001"
    whole, _, decimals = f"{amount:.6f}".rstrip("0").partition(".")
    return f"${whole}.{decimals:<02}"


def _amount(stored: object) -> Decimal | None:
    try:
        return None if stored is None else Decimal(str(stored))
    except InvalidOperation:
        return None
