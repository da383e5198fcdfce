"""Lanes and turns made of the same events that a live answer is made of."""

from __future__ import annotations

from decimal import Decimal

from services import tokens
from services.compare.records import Lane, LaneTalk
from services.turns import (
    Finished,
    Message,
    Mode,
    RequestSent,
    TextDelta,
    Trimmed,
    Turn,
    Usage,
    UsageReport,
)

FIXED_TOKENS = 40


def lane(mode: Mode, model: str = "gpt-6-luna", **more: object) -> Lane:
    """A lane over `model`."""
    return Lane(f"lane_{mode}", mode, "OpenAI", model, **more)  # type: ignore[arg-type]


def talk(
    asked: Lane, *said: tuple[str, str], cost_usd: str | None = "0.0001", cached_tokens: int | None = 0
) -> LaneTalk:
    """A lane that has answered; each of `said` is a message and its answer. Tokens are counted as a server would."""
    turns: list[Turn] = []
    for message, answer in said:
        turns.append(answered(asked, message, answer, turns, cost_usd=cost_usd, cached_tokens=cached_tokens))
    return LaneTalk(asked, tuple(turns))


def answered(
    asked: Lane,
    message: str,
    answer: str,
    before: list[Turn],
    *,
    cost_usd: str | None = "0.0001",
    cached_tokens: int | None = 0,
    trimmed: Trimmed | None = None,
) -> Turn:
    """One finished turn after those `before`."""
    user = Message("user", message)
    turn = Turn(f"conversation_{asked.id}", user, asked.model, asked.connection, asked.mode)
    history = [m for earlier in before for m in earlier.messages]
    prompt = tokens.count_messages([*history, user], asked.model) - (trimmed.tokens if trimmed else 0)
    if asked.mode is Mode.CHAT_COMPLETIONS:
        sent = RequestSent("POST", "/chat/completions", 4 * prompt, len(history) + 1, prompt, trimmed)
    else:
        sent = RequestSent("POST", "/threads/thread_1/messages", 4 * len(message), 1)
    usage = Usage(prompt + FIXED_TOKENS, tokens.count(answer, asked.model), cached_tokens)
    for event in (sent, TextDelta(answer), UsageReport(asked.model, usage, 0.4, 1.4), Finished("stop")):
        turn.apply(event)
    turn.cost_usd = None if cost_usd is None else Decimal(cost_usd)
    return turn
