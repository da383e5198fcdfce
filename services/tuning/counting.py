"""Tokens of examples: what is trained on, and what that costs."""

from __future__ import annotations

import json
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from services import tokens
from services.tokens import TOKENS_OF_REPLY_PRIMING, TOKENS_PER_MESSAGE
from services.tuning.models import Trainable
from services.tuning.records import Example

MILLION = Decimal(1_000_000)
PICTURE_TOKENS = 765
"""A picture of 1024 by 1024 px in high detail. Source: OpenAI's guide "Images and vision"."""
LOCAL_TOKENS_PER_S, LOCAL_START_S = 30, 50
"""Of the small local model on two cores, measured: 16,551 tokens trained in 534 s after 50 s of loading and testing."""
TARGET_EXAMPLES, USUAL_EPOCHS, MAX_EPOCHS = 100, 3, 25


def example_tokens(example: Example, model: str = "") -> int:
    """Tokens of one example: every message with its frame, calls and tools. An estimate within a few tokens."""
    total = TOKENS_OF_REPLY_PRIMING
    for message in example["messages"]:
        total += TOKENS_PER_MESSAGE + sum(_value(value, model) for value in message.values())
    if example.get("tools"):
        total += tokens.count(json.dumps(example["tools"], ensure_ascii=False), model)
    return total


def _value(value: Any, model: str) -> int:
    if isinstance(value, str):
        return tokens.count(value, model)
    if isinstance(value, list) and any(isinstance(one, dict) and "type" in one for one in value):
        return sum(_part(one, model) for one in value)
    return 0 if value is None or isinstance(value, (int, float)) else tokens.count(json.dumps(value), model)


def _part(part: Any, model: str) -> int:
    if isinstance(part, dict) and part.get("type") == "image_url":
        return PICTURE_TOKENS
    if isinstance(part, dict) and isinstance(part.get("text"), str):
        return tokens.count(part["text"], model)
    return tokens.count(json.dumps(part, ensure_ascii=False), model)


def usual_epochs(examples: int) -> int:
    """How often OpenAI goes through so many examples when it is left to choose: fewer examples, more often.

    Source: OpenAI cookbook, "Data preparation and analysis for chat model fine-tuning".
    """
    if examples <= 0:
        return USUAL_EPOCHS
    wanted = examples * USUAL_EPOCHS
    if wanted < TARGET_EXAMPLES:
        return min(MAX_EPOCHS, -(-TARGET_EXAMPLES // examples))
    return USUAL_EPOCHS


def training_cost(counted: Sequence[int], epochs: int, model: Trainable) -> Decimal | None:
    """USD to train on examples of so many tokens each; None when the price is unknown."""
    if model.training_usd_per_million is None:
        return None
    return sum(counted) * epochs * model.training_usd_per_million / MILLION


def training_time_s(counted: Sequence[int], epochs: int) -> float:
    """Seconds that the training of the local model takes on two cores, roughly, for examples of so many tokens each."""
    return LOCAL_START_S + sum(counted) * epochs / LOCAL_TOKENS_PER_S
