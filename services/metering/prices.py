"""What a call costs."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from services.catalog import Model
from services.turns import Usage


def price(
    model: Model | str, usage: Usage, at: datetime | None = None, service_tier: str | None = None
) -> Decimal | None:
    """USD of one call; None when unknown; Decimal(0) for local models."""
    raise NotImplementedError
