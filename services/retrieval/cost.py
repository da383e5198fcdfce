"""What embedding a collection would cost with OpenAI's models."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from services import tokens
from services.catalog import describe
from services.metering.prices import list_price, price
from services.turns import Usage

EMBEDDING_MODELS = ("text-embedding-3-small", "text-embedding-3-large", "text-embedding-ada-002")
TYPICAL_QUESTION = "How long is the warranty, and what does it not cover?"


@dataclass(frozen=True, slots=True)
class Estimate:
    """What one model would cost. None means unknown; dates are of the price, and of the model's end."""

    model: str
    usd: Decimal | None
    usd_per_thousand_questions: Decimal | None
    usd_per_million_tokens: Decimal | None
    source: str | None
    priced_on: date | None
    ends_on: date | None


@dataclass(frozen=True, slots=True)
class Bill:
    """A collection's tokens as OpenAI's embedding models count them, overlaps included, and what each would cost.

    `is_exact` is False where only a part of the passages was counted.
    """

    passages: int
    tokens: int
    is_exact: bool
    estimates: tuple[Estimate, ...]


def bill(texts: Sequence[str], total: int) -> Bill:
    """The bill for `total` passages, by these: all of them, or a fair sample."""
    counted = sum(tokens.count(text, EMBEDDING_MODELS[0]) for text in texts)
    is_exact = total == len(texts)
    whole = counted if is_exact or not texts else round(counted * total / len(texts))
    return Bill(total, whole, is_exact, tuple(_estimate(model, whole) for model in EMBEDDING_MODELS))


def _estimate(model: str, of_tokens: int) -> Estimate:
    listed = list_price(model)
    question = tokens.count(TYPICAL_QUESTION, model)
    return Estimate(
        model=model,
        usd=price(model, Usage(of_tokens, 0)),
        usd_per_thousand_questions=price(model, Usage(1000 * question, 0)),
        usd_per_million_tokens=listed.input if listed else None,
        source=listed.source if listed else None,
        priced_on=listed.date if listed else None,
        ends_on=describe(model, "OpenAI").shutdown_date,
    )
