"""What metering takes and gives back. Light to import: no SQLAlchemy here."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

from services.turns import Usage


@dataclass(frozen=True, slots=True)
class CallRecord:
    """One call to a model, for the ledger. `cost_usd` None means unknown; local calls cost Decimal(0)."""

    at: datetime
    connection: str
    mode: str
    model: str
    answered_by: str | None
    usage: Usage
    status: str
    conversation_id: str | None = None
    turn_id: str | None = None
    cost_usd: Decimal | None = None
    ttft_s: float | None = None
    duration_s: float | None = None
    local: bool = False


@dataclass(frozen=True, slots=True)
class Totals:
    """Sums over calls. `cost_usd` is the known part; `unknown_cost_calls` could not be priced."""

    calls: int = 0
    usage: Usage = field(default_factory=Usage)
    cost_usd: Decimal = Decimal(0)
    unknown_cost_calls: int = 0
    unknown_usage_calls: int = 0
