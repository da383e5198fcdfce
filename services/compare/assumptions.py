"""How a projection is computed, in sentences."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from services.compare.projection import CACHED_FROM_TOKENS, Projection
from services.metering.prices import list_price
from services.modes.trimming import TURNS_PER_BLOCK
from services.turns import Mode


def explain(projection: Projection) -> tuple[str, ...]:
    """What one lane's projection rests on: its habit, its growth, caching, and where it hits a limit."""
    return (*_growth(projection), *_limit(projection), *_caching(projection))


def _growth(projection: Projection) -> Iterator[str]:
    habit = projection.habit
    yield (
        f"Means of the turns so far: a message has {habit.message:,.0f} tokens, an answer adds {habit.answer:,.0f} to the "
        f"history, and {habit.fixed:,.0f} more are in every prompt (instructions, tools, passages from files)."
    )
    if projection.lane.mode is Mode.CHAT_COMPLETIONS:
        yield f"The client sends the whole history again, so each turn sends {habit.growth * habit.calls:,.0f} tokens more than the last."
    else:
        yield (
            f"The client sends {habit.sent:,.0f} tokens a turn, however long the talk. The server puts the history before the "
            f"model all the same: what is billed grows by {habit.growth * habit.calls:,.0f} tokens a turn."
        )
    if habit.calls > 1:
        yield f"Tools make {habit.calls:.1f} model calls a turn, each of which reads the whole prompt."


def _limit(projection: Projection) -> Iterator[str]:
    if projection.context_tokens is None:
        yield "How much this model can read at once is not known, so no limit is assumed."
        return
    size = f"{projection.context_tokens:,} tokens"
    if projection.ends_at is not None:
        yield (
            f"At turn {projection.ends_at} the conversation no longer fits into {size}, and the server refuses: "
            "Responses forgets nothing unless truncation is set to auto."
        )
    elif projection.trims_from is None:
        yield f"All {len(projection.points)} turns fit into the model's {size}."
    elif projection.lane.mode is Mode.CHAT_COMPLETIONS:
        yield (
            f"From turn {projection.trims_from} the history no longer fits into {size}: Tandem leaves out the oldest turns, "
            f"{TURNS_PER_BLOCK} at a time, so the lines stop growing and the model forgets."
        )
    else:
        yield (
            f"From turn {projection.trims_from} the server leaves out what is oldest, so that the rest fits what it may send; "
            "the lines stop growing and the model forgets."
        )


def _caching(projection: Projection) -> Iterator[str]:
    if projection.total_usd == 0 and projection.plain_total_usd == 0:
        yield "The model runs on this machine: nothing is billed, and its cache only saves time."
        return
    listed = list_price(projection.priced_as)
    if listed is None or projection.total_usd is None:
        yield f"The price of {projection.priced_as} is unknown, so there is no cost line."
        return
    if projection.cached_from is None:
        yield f"No prompt reaches {CACHED_FROM_TOKENS:,} tokens twice with the same beginning, so caching saves nothing."
        return
    saved = (projection.plain_total_usd or Decimal(0)) - projection.total_usd
    read = "the price of cached tokens" if listed.cached is None else f"${listed.cached:f}"
    yield (
        f"Prompt caching, from turn {projection.cached_from}: a prompt of {CACHED_FROM_TOKENS:,} tokens or more that begins as the "
        f"one before is read at {read} instead of ${listed.input:f} a million, and what is new is written at the model's price "
        f"for that. {_saved(saved)} It holds only while the next message comes within minutes and nothing earlier changes."
    )


def _saved(saved: Decimal) -> str:
    if saved >= 0:
        return f"Over all turns that saves ${saved:,.4f}."
    return f"Over all turns it costs ${-saved:,.4f} more, since writing to the cache is dearer than reading a prompt."
