"""What a lesson's program used: it prints the usage of each answer, and the ledger reads along."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from services.clients import Connection
from services.lessons.records import Program
from services.metering.prices import price
from services.metering.records import CallRecord
from services.turns import Usage

MARK = "usage: "


def usage_of(line: str) -> Usage | None:
    """The usage in a line `usage: {…}`, in the spelling of any of the APIs; None for any other line."""
    if not line.startswith(MARK + "{"):
        return None
    try:
        told: dict[str, Any] = json.loads(line.removeprefix(MARK))
    except ValueError:
        return None
    read = told.get("prompt_tokens_details") or told.get("input_tokens_details") or {}
    wrote = told.get("completion_tokens_details") or told.get("output_tokens_details") or {}
    return Usage(
        prompt_tokens=told.get("prompt_tokens", told.get("input_tokens")),
        completion_tokens=told.get("completion_tokens", told.get("output_tokens", 0)),
        cached_tokens=read.get("cached_tokens"),
        cache_write_tokens=read.get("cache_write_tokens"),
        reasoning_tokens=wrote.get("reasoning_tokens"),
    )


def as_record(program: Program, connection: Connection, chosen_model: str, usage: Usage) -> CallRecord:
    """One call of a program, which has just ended, for the ledger."""
    setting, default = program.model_setting
    model = chosen_model if setting == "MODEL" else default
    return CallRecord(
        at=datetime.now(UTC),
        connection=connection.name,
        mode=program.mode,
        model=model,
        answered_by=model,
        usage=usage,
        status="completed",
        cost_usd=Decimal(0) if connection.is_local else price(model, usage),
        local=connection.is_local,
    )
