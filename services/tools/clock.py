"""Dates, times and time zones."""

from __future__ import annotations

from typing import Any

from services.tools.base import Tool, flat_parameters


def _run(arguments: dict[str, Any]) -> str:
    raise NotImplementedError


CLOCK = Tool(
    "clock",
    "Clock and calendar",
    "Date and time.",
    flat_parameters(question="…"),
    ":material/schedule:",
    _run,
)
