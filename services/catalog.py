"""Models: what they can do, how much they read, what they cost, and when they end."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, Literal

Kind = Literal["chat", "embedding", "speech", "transcription", "image", "other"]
ToolSupport = Literal["yes", "no", "needs_effort_none"]
Sampling = bool | Literal["only_with_none"]


@dataclass(frozen=True, slots=True)
class Model:
    """One model as offered by one connection. None means unknown; `note` says what to keep in mind."""

    id: str
    connection: str
    kind: Kind
    local: bool
    context_tokens: int | None = None
    max_output_tokens: int | None = None
    vision: bool | None = None
    tools: ToolSupport | None = None
    structured_output: bool | None = None
    sampling: Sampling = True
    reasoning_efforts: tuple[str, ...] = ()
    uses_max_completion_tokens: bool = True
    shutdown_date: date | None = None
    replacement: str | None = None
    price_in_usd_per_million: Decimal | None = None
    price_out_usd_per_million: Decimal | None = None
    price_source: str | None = None
    price_date: date | None = None
    note: str | None = None


def describe(model_id: str, connection: str, listed: Mapping[str, Any] | None = None) -> Model:
    """Everything known about a model, from /v1/models (`listed`), genai-prices and catalog.toml."""
    raise NotImplementedError


def parameters(model: Model, reasoning_effort: str | None = None) -> tuple[str, ...]:
    """Names of the Chat Completions parameters this model accepts."""
    raise NotImplementedError


def is_shut_down(model: Model, today: date) -> bool:
    """Whether the model's shutdown date has come."""
    raise NotImplementedError


def ends_soon(model: Model, today: date, days: int = 90) -> bool:
    """Whether the model is shut down within so many days."""
    raise NotImplementedError


def equivalent_models() -> tuple[str, ...]:
    """OpenAI models to compare a local turn's cost with; the first is the default."""
    raise NotImplementedError
