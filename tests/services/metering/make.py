"""Calls for tests."""

from datetime import UTC, datetime

from services.metering.records import CallRecord
from services.turns import Usage

NOON = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)


def call(**changes):
    values = {
        "at": NOON,
        "connection": "OpenAI",
        "mode": "chat_completions",
        "model": "gpt-6-luna",
        "answered_by": "gpt-6-luna-2026-09-22",
        "usage": Usage(100, 20, 64, 0, 5),
        "status": "completed",
        **changes,
    }
    return CallRecord(**values)
