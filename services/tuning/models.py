"""Which models can be trained, at what price, and until when."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from services.catalog import describe, is_snapshot_of


@dataclass(frozen=True, slots=True)
class Trainable:
    """A base model. None means unknown; a model on this machine is trained for nothing.

    `ends` is the day its fine-tuned models stop to answer, too.
    """

    id: str
    training_usd_per_million: Decimal | None = None
    example_tokens: int | None = None
    ends: date | None = None
    local: bool = False


@dataclass(frozen=True, slots=True)
class Closing:
    """When OpenAI's fine-tuning ends, and for whom."""

    announced: date
    without_recent_use: date
    everybody: date


def closing() -> Closing:
    """The days as announced."""
    return Closing(**_told()["closing"])


def at_openai() -> tuple[Trainable, ...]:
    """The base models OpenAI trains, the most sensible first."""
    return tuple(trainable(told["id"]) for told in _told()["model"])


def at_home() -> tuple[Trainable, ...]:
    """The base models that Tandem's own server trains."""
    return tuple(trainable(told["id"], local=True) for told in _told()["local"])


def is_equipped() -> bool:
    """Whether this machine can train: `make install-training` brings PyTorch."""
    return find_spec("torch") is not None


def trainable(model_id: str, *, local: bool = False) -> Trainable:
    """What is known about training a model; a name without its date stands for the snapshot."""
    if local:
        return Trainable(model_id, Decimal(0), None, None, True)
    base = base_of(model_id)
    told = next(
        (one for one in _told()["model"] if one["id"] == base or is_snapshot_of(one["id"], base)), None
    )
    ends = describe(base, "OpenAI").shutdown_date
    if told is None:
        return Trainable(model_id, ends=ends)
    return Trainable(model_id, Decimal(told["training"]), told["example_tokens"], ends)


def base_of(model_id: str) -> str:
    """The base model in the name of a fine-tuned one, `ft:base:organization:suffix:id`; else the model itself."""
    parts = model_id.split(":")
    return parts[1] if parts[0] == "ft" and len(parts) > 1 else model_id


def is_tuned(model_id: str) -> bool:
    """Whether the name is one of a fine-tuned model."""
    return model_id.startswith("ft:")


@cache
def _told() -> dict[str, Any]:
    return tomllib.loads(Path(__file__).with_suffix(".toml").read_text(encoding="utf-8"))
