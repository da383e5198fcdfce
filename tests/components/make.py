"""Turns as they look when they are finished."""

from __future__ import annotations

from typing import Any

from services.turns import Finished, Message, TextDelta, Turn, Usage, UsageReport


def finished_turn(
    question: str = "Why?", answer: str = "Because.", usage: Usage | None = None, **fields: Any
) -> Turn:
    """A completed turn of one call."""
    turn = Turn("conv_1", Message("user", question), "gpt-6-luna", "OpenAI", **fields)
    turn.apply(TextDelta(answer))
    turn.apply(UsageReport("gpt-6-luna", usage or Usage(10, 5), 0.5, 1.5))
    turn.apply(Finished("stop"))
    return turn
