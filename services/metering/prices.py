"""What a call costs: by a person's own prices, by catalog.toml for models the library does not know yet, else by genai-prices.

Source: https://github.com/pydantic/genai-prices; catalog.toml names its own sources.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from services.catalog import Model, catalog_data, is_snapshot_of, known_models
from services.metering.library_prices import price_list
from services.metering.own_prices import OwnPrice, own_prices
from services.turns import Usage

if TYPE_CHECKING:
    from genai_prices.types import ModelInfo, ModelPrice

MILLION = Decimal(1_000_000)
STANDARD_TIERS = (None, "auto", "default", "standard")


@dataclass(frozen=True, slots=True)
class ListPrice:
    """USD per million tokens, standard tier. None means the model has no such price."""

    input: Decimal | None
    cached: Decimal | None
    output: Decimal | None
    source: str
    date: date | None


FREE = ListPrice(Decimal(0), Decimal(0), Decimal(0), "runs on this machine", None)


def price(
    model: Model | str, usage: Usage, at: datetime | None = None, service_tier: str | None = None
) -> Decimal | None:
    """USD of one call at this moment; None when unknown. Local models are known to be free.

    `service_tier` is the tier that was served: default, flex, batch, priority, fast or ultrafast.
    """
    model_id = model if isinstance(model, str) else model.id
    if _is_local(model):
        return Decimal(0)
    if usage.prompt_tokens is None:
        return None
    at = at or datetime.now(UTC)
    override = _override(model_id)
    if override is not None:
        return _override_price(override, usage, at, service_tier)
    return _library_price(model_id, usage, at, service_tier)


def _is_local(model: Model | str) -> bool:
    return model in catalog_data()["local"]["models"] if isinstance(model, str) else model.local


def list_price(model_id: str) -> ListPrice | None:
    """What a model costs per million tokens; None when unknown."""
    if (override := _override(model_id)) is not None:
        return ListPrice(
            Decimal(override["input"]),
            Decimal(override["cached"]),
            Decimal(override["output"]),
            override["source"],
            override["date"],
        )
    known = price_list()
    if (info := known.model(model_id)) is None:
        return None
    prices = info.get_prices(datetime.now(UTC))
    return ListPrice(
        _base(prices.input_mtok),
        _base(prices.cache_read_mtok),
        _base(prices.output_mtok),
        known.source,
        known.date,
    )


def price_table() -> tuple[tuple[str, ListPrice | None], ...]:
    """Every known chat model of OpenAI and its price."""
    return tuple((model.id, list_price(model.id)) for model in known_models())


def known_context_tokens(model_id: str) -> int | None:
    """The context size genai-prices states; None when unknown."""
    info = price_list().model(model_id)
    return info.context_window if info else None


# --- own prices and catalog.toml -----------------------------------------------------------------------------


def _override(model_id: str) -> dict[str, Any] | None:
    entries: list[dict[str, Any]] = catalog_data()["price"]
    own = next((p for p in own_prices() if p.model == model_id), None) or next(
        (p for p in own_prices() if is_snapshot_of(model_id, p.model)), None
    )
    if own is not None:
        return _as_override(own)
    return next((e for e in entries if is_snapshot_of(model_id, e["model"])), None)


def _as_override(own: OwnPrice) -> dict[str, Any]:
    """An own price as catalog.toml spells one: for requests of any length, and for no tier but the standard one."""
    return {
        "input": own.input,
        "cached": own.input if own.cached is None else own.cached,
        "cache_write": own.input if own.cache_write is None else own.cache_write,
        "output": own.output,
        "long_over_tokens": math.inf,
        "tiers": (),
        "source": own.source,
        "date": own.date,
    }


def _override_price(
    entry: dict[str, Any], usage: Usage, at: datetime, service_tier: str | None
) -> Decimal | None:
    factor = _tier_factor(entry, at, service_tier)
    written_tokens = usage.completion_tokens
    if written_tokens is None and not Decimal(entry["output"]):
        written_tokens = 0  # embeddings write nothing, and servers do not say so
    if factor is None or usage.prompt_tokens is None or written_tokens is None:
        return None
    cached, written = usage.cached_tokens or 0, usage.cache_write_tokens or 0
    plain = usage.prompt_tokens - cached - written
    if plain < 0:
        return None
    read = plain * Decimal(entry["input"]) + cached * Decimal(entry["cached"])
    read += written * Decimal(entry["cache_write"])
    answered = written_tokens * Decimal(entry["output"])
    if usage.prompt_tokens > entry["long_over_tokens"]:
        read *= Decimal(entry["long_in_factor"])
        answered *= Decimal(entry["long_out_factor"])
    return (read + answered) * factor / MILLION


def _tier_factor(entry: dict[str, Any], at: datetime, service_tier: str | None) -> Decimal | None:
    if service_tier in STANDARD_TIERS:
        return Decimal(1)
    day = at.astimezone(UTC).date()
    fitting = (t for t in entry["tiers"] if service_tier in t["names"] and day <= t.get("until", date.max))
    return next((Decimal(tier["factor"]) for tier in fitting), None)


# --- genai-prices -----------------------------------------------------------------------------


def _library_price(model_id: str, usage: Usage, at: datetime, service_tier: str | None) -> Decimal | None:
    from genai_prices import Usage as LibraryUsage

    known = price_list()
    if (info := known.model(model_id)) is None:
        return None
    context = _price_context(info, service_tier)
    if context is None or not _covers(info.get_prices(at), usage):
        return None
    counted = LibraryUsage(
        input_tokens=usage.prompt_tokens,
        cache_read_tokens=usage.cached_tokens,
        cache_write_tokens=usage.cache_write_tokens,
        output_tokens=usage.completion_tokens or 0,
    )
    try:
        result = known.data.calc(counted, model_id, "openai", None, at, context)
    except (LookupError, ValueError):
        return None
    return result.total_price


def _price_context(info: ModelInfo, service_tier: str | None) -> dict[str, str] | None:
    """How the library names the tier; None when this model has no price for it."""
    if service_tier in STANDARD_TIERS:
        return {}
    context = {"processing": "batch"} if service_tier == "batch" else {"service_tier": str(service_tier)}
    known = any(variant.when == context for variant in info.price_variants or ())
    return context if known else None


def _covers(prices: ModelPrice, usage: Usage) -> bool:
    """Whether there is a price for each kind of token; speech and image models are not sold by these."""
    if prices.input_mtok is None or prices.input_audio_mtok is not None:
        return False
    if prices.output_mtok is None:
        return not usage.completion_tokens
    return usage.completion_tokens is not None


def _base(value: Any) -> Decimal | None:
    base = getattr(value, "base", value)
    return None if base is None else Decimal(base)
