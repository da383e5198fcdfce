"""Calls to a model that are no turn of a conversation: within the budget, and entered into the ledger."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import TypeVar

from services.catalog import Model
from services.metering.budgets import Budgets
from services.metering.ledger import Ledger
from services.metering.prices import price
from services.metering.records import CallRecord
from services.turns import Usage

T = TypeVar("T")

COMPLETED = "completed"


class Calls:
    """Calls of one owner."""

    def __init__(self, ledger: Ledger, budgets: Budgets) -> None:
        self._ledger, self._budgets = ledger, budgets

    def make(self, model: Model, mode: str, work: Callable[[], tuple[T, Usage]]) -> T:
        """Do `work`, which gives what it is for and the tokens it took. Raises BudgetExceeded before, and AppError."""
        now = datetime.now(UTC)
        self._budgets.check(self._ledger, None, None, now, local=model.local)
        began = time.perf_counter()
        result, usage = work()
        call = CallRecord(
            at=now,
            connection=model.connection,
            mode=mode,
            model=model.id,
            answered_by=None,
            usage=usage,
            status=COMPLETED,
            cost_usd=price(model, usage),
            duration_s=time.perf_counter() - began,
            local=model.local,
        )
        self._ledger.record(call)
        return result
