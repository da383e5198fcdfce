"""What a chart of the ledger can show: a measure, and what its bars are parted by."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from components.modes import LOOKS
from services.metering.sums import Sum
from services.metering.units import units
from services.turns import Mode

COST, CALLS, TOKENS = "cost", "calls", "tokens"
MODE, MODEL, CONNECTION, KIND = "Mode", "Model", "Connection", "Kind of token"
MOST_PARTS = 6
OTHERS = "all others"
MODE_NAMES = {mode.value: look.label for mode, look in LOOKS.items()}


@dataclass(frozen=True, slots=True)
class Measure:
    """One figure of a sum: what it is called, and how to read it. `is_usd` is money."""

    name: str
    label: str
    of: Callable[[Sum], float]
    is_usd: bool = False


def measures(sums: Iterable[Sum]) -> tuple[Measure, ...]:
    """What there is to show: cost, calls, tokens, and each other unit that the ledger has counted in these sums."""
    there = {name for one in sums for name, count in one.units.items() if count}
    others = (unit for unit in units() if unit.name in there and not unit.is_tokens)
    return (
        Measure(COST, "Cost", lambda one: float(one.cost_usd), is_usd=True),
        Measure(TOKENS, "Tokens", lambda one: sum(kinds(one).values())),
        Measure(CALLS, "Calls", lambda one: one.calls),
        *(Measure(unit.name, unit.label, _reader(unit.name)) for unit in others),
    )


def _reader(name: str) -> Callable[[Sum], float]:
    return lambda one: one.units.get(name, 0)


def kinds(one: Sum) -> dict[str, float]:
    """The tokens of a sum by kinds that do not overlap, as they are priced: each token is of one kind.

    Servers count cached and written tokens among those sent, and reasoning among those written.
    """
    count = one.units.get
    cached, kept, reasoned = (
        count("cached_tokens", 0),
        count("cache_write_tokens", 0),
        count("reasoning_tokens", 0),
    )
    return {
        "sent": max(count("prompt_tokens", 0) - cached - kept, 0),
        "sent, from the cache": cached,
        "sent, put into the cache": kept,
        "answer": max(count("completion_tokens", 0) - reasoned, 0),
        "reasoning": reasoned,
    }


def parts(one: Sum, measure: Measure, by: str) -> Mapping[str, float]:
    """The figure of a sum by the parts it falls into."""
    if by == KIND:
        return kinds(one)
    name = {MODE: mode_name(one.mode), MODEL: one.model, CONNECTION: one.connection}[by]
    return {name: measure.of(one)}


def mode_name(mode: str) -> str:
    """What a mode of the ledger is called: the three of the app, and whatever else calls a model."""
    return MODE_NAMES.get(mode) or mode.replace("_", " ").capitalize()


def order(by: str, totals: Mapping[str, float]) -> list[str]:
    """The parts as a chart shows them: modes and kinds in their own order, so that each keeps its colour, else the largest first."""
    if by == MODE:
        own = [LOOKS[mode].label for mode in Mode]
        return own + sorted(name for name in totals if name not in own)
    if by == KIND:
        return list(totals)
    return sorted(totals, key=lambda name: -totals[name])
