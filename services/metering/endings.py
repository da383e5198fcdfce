"""Models that end: what of mine uses them, what takes their place, and what that lacks."""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from services.catalog import Model, catalog_data, describe, parameters

UseKind = Literal["default", "assistant", "gpt", "conversation", "calls"]
TOOL_WORDS = {
    "needs_effort_none": "takes tools in Chat Completions only with reasoning effort none",
    "no": "takes no tools in Chat Completions; the Responses API does",
}


@dataclass(frozen=True, slots=True)
class Use:
    """Something of mine that uses a model. `id` leads to it, where there is a way."""

    kind: UseKind
    model: str
    name: str
    id: str | None = None


@dataclass(frozen=True, slots=True)
class Replacement:
    """What takes a model's place: its price against the old one, and what it lacks, each in a few words."""

    model: Model
    lacks: tuple[str, ...]
    price_factor: Decimal | None
    """The new price as a part of the old one, for as many tokens sent as written; None where one is unknown."""


@dataclass(frozen=True, slots=True)
class Ending:
    """A model that ends, or has ended."""

    model: Model
    date: datetime.date
    replacement: Replacement | None
    uses: tuple[Use, ...] = ()

    def is_over(self, today: datetime.date) -> bool:
        """Whether it has ended."""
        return self.date <= today


def my_endings(uses: Iterable[Use]) -> tuple[Ending, ...]:
    """The ending models among those that are used, the first to end first. Dated snapshots and fine-tuned models count."""
    by_model: dict[str, list[Use]] = {}
    for use in uses:
        by_model.setdefault(use.model, []).append(use)
    found = (_ending(model, tuple(its)) for model, its in by_model.items())
    return tuple(sorted(filter(None, found), key=lambda ending: (ending.date, ending.model.id)))


def all_endings() -> tuple[Ending, ...]:
    """Every model whose end is known, the first to end first."""
    names = (name for entry in catalog_data()["shutdown"] for name in entry["models"])
    return tuple(sorted(filter(None, map(_ending, names)), key=lambda ending: (ending.date, ending.model.id)))


def _ending(model_id: str, uses: tuple[Use, ...] = ()) -> Ending | None:
    model = describe(model_id, "OpenAI")
    if model.shutdown_date is None:
        return None
    replacement = _replacement(model) if model.replacement else None
    return Ending(model, model.shutdown_date, replacement, uses)


def _replacement(model: Model) -> Replacement:
    new = describe(model.replacement or "", "OpenAI")
    return Replacement(new, tuple(_lacks(model, new)), _factor(model, new))


def _factor(old: Model, new: Model) -> Decimal | None:
    before = _sum(old.price_in_usd_per_million, old.price_out_usd_per_million)
    after = _sum(new.price_in_usd_per_million, new.price_out_usd_per_million)
    return after / before if before and after is not None else None


def _sum(one: Decimal | None, other: Decimal | None) -> Decimal | None:
    return None if one is None or other is None else one + other


def _lacks(old: Model, new: Model) -> Iterator[str]:
    if old.kind != new.kind:
        yield "is reached by another endpoint: calls must be written anew"
        return
    if new.vision is None and new.tools is None and old.kind == "chat":
        yield "is not known well enough to compare"
        return
    if old.vision and new.vision is False:
        yield "does not see pictures"
    if old.tools == "yes" and new.tools in TOOL_WORDS:
        yield TOOL_WORDS[new.tools]
    if old.structured_output and not new.structured_output:
        yield "gives no structured output"
    if old.sampling is True and new.sampling is not True:
        yield (
            "takes temperature and top_p only with reasoning effort none"
            if new.sampling
            else ("takes neither temperature nor top_p")
        )
    yield from _less("reads", old.context_tokens, new.context_tokens)
    yield from _less("writes", old.max_output_tokens, new.max_output_tokens)
    yield from _parameters_gone(old, new)


def _less(verb: str, old: int | None, new: int | None) -> Iterator[str]:
    if old and new and new < old:
        yield f"{verb} at most {new:,} tokens instead of {old:,}"


def _parameters_gone(old: Model, new: Model) -> Iterator[str]:
    told = {"temperature", "top_p", "logprobs", "top_logprobs", "tools", "tool_choice", "parallel_tool_calls"}
    told |= {"response_format", "max_tokens", "max_completion_tokens"}
    gone = [name for name in parameters(old) if name not in told and name not in parameters(new)]
    if gone:
        yield f"does not take {', '.join(gone)}"
    efforts = [effort for effort in old.reasoning_efforts if effort not in new.reasoning_efforts]
    if efforts and new.reasoning_efforts:
        yield f"knows no reasoning effort {', '.join(efforts)}"
