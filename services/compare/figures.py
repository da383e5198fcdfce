"""The figures under an answer: times, tokens, money, what the client sent, and what the server added from its memory."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal

from services.compare.records import LaneTalk
from services.compare.series import sent_tokens
from services.turns import Mode, Turn, TurnStatus, Usage


@dataclass(frozen=True, slots=True)
class Figures:
    """One turn of one lane in figures. None means that the server or the price list did not say.

    `sent_*` is what left the client. `added_tokens` is what the model read besides: the prompt tokens the server counted,
    over all calls of the turn, less those the client sent. In Chat Completions the server has nothing to add.
    """

    ttft_s: float | None
    total_s: float | None
    tokens_per_s: float | None
    prompt_tokens: int | None
    cached_tokens: int | None
    completion_tokens: int | None
    cost_usd: Decimal | None
    cost_so_far_usd: Decimal | None
    sent_bytes: int
    sent_messages: int
    sent_tokens: int
    added_tokens: int | None


LOWEST = ("ttft_s", "total_s", "prompt_tokens", "cost_usd", "cost_so_far_usd", "sent_bytes", "sent_messages")
HIGHEST = ("tokens_per_s", "cached_tokens")


def figures(talk: LaneTalk, first: int = 0) -> tuple[Figures, ...]:
    """The figures of a lane's turns from the `first` on, oldest first."""
    costs = list(costs_so_far(talk.turns))
    return tuple(_figures(turn, cost) for turn, cost in zip(talk.turns[first:], costs[first:], strict=True))


def costs_so_far(turns: Sequence[Turn]) -> Iterator[Decimal | None]:
    """What a talk had cost after each turn; unknown from the first answer on whose price is."""
    total: Decimal | None = Decimal(0)
    for turn in turns:
        is_priced = turn.cost_usd is not None or turn.usage is None
        total = total + (turn.cost_usd or 0) if total is not None and is_priced else None
        yield total


def _figures(turn: Turn, cost_so_far_usd: Decimal | None) -> Figures:
    usage, sent = turn.usage or Usage(), sent_tokens(turn)
    return Figures(
        ttft_s=turn.ttft_s,
        total_s=turn.duration_s,
        tokens_per_s=_speed(turn),
        prompt_tokens=usage.prompt_tokens,
        cached_tokens=usage.cached_tokens,
        completion_tokens=usage.completion_tokens,
        cost_usd=turn.cost_usd,
        cost_so_far_usd=cost_so_far_usd,
        sent_bytes=sum(request.size_bytes for request in turn.sent),
        sent_messages=sum(request.message_count for request in turn.sent),
        sent_tokens=sent,
        added_tokens=_added(turn, usage.prompt_tokens, sent),
    )


def _added(turn: Turn, prompt_tokens: int | None, sent: int) -> int | None:
    if turn.mode is Mode.CHAT_COMPLETIONS:
        return 0
    return None if prompt_tokens is None else max(0, prompt_tokens - sent)


def _speed(turn: Turn) -> float | None:
    """Tokens a second once writing has begun; unknown for a turn of several calls, whose pauses are no writing."""
    usage = turn.usage
    if usage is None or not usage.completion_tokens or usage.completion_tokens < 2 or turn.calls != 1:
        return None
    if turn.ttft_s is None or turn.duration_s is None or turn.duration_s <= turn.ttft_s:
        return None
    return (usage.completion_tokens - 1) / (turn.duration_s - turn.ttft_s)


def best(row: Sequence[Turn | None], told: Sequence[Figures | None]) -> tuple[frozenset[str], ...]:
    """For each lane the names of the figures in which it is the best of those that answered the same message.

    Nobody is best where all are equal, and a turn that did not end well takes no part.
    """
    found: list[set[str]] = [set() for _ in told]
    part = [
        figures if turn is not None and turn.status is TurnStatus.COMPLETED else None
        for turn, figures in zip(row, told, strict=True)
    ]
    for name in (*LOWEST, *HIGHEST):
        values = {n: getattr(figures, name) for n, figures in enumerate(part) if figures is not None}
        known = {n: value for n, value in values.items() if value is not None}
        if len(set(known.values())) > 1:
            wanted = (min if name in LOWEST else max)(known.values())
            for n in (n for n, value in known.items() if value == wanted):
                found[n].add(name)
    return tuple(map(frozenset, found))
