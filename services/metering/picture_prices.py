"""What pictures cost, by the tokens that the answer counts, and what they would have cost at OpenAI.

Source: https://developers.openai.com/api/docs/models/gpt-image-2.6-sunburst (2026-11); tokens of a picture by quality and size as
its guide to image generation lists them.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

MILLION = Decimal(1_000_000)
TEXT_IN, IMAGE_IN, IMAGE_OUT = Decimal(5), Decimal(8), Decimal(30)
OLDER = {"gpt-image-1.5": Decimal(32), "chatgpt-image-latest": Decimal(32), "gpt-image-1-mini": Decimal(8)}
MINI_IN = (Decimal(2), Decimal("2.5"))
MEDIUM_TOKENS = 1056
"""Of a picture of 1024 by 1024 in medium quality."""
EQUIVALENT = "gpt-image-2.6-sunburst"


def picture_price(model: str, usage: Mapping[str, Any] | None) -> Decimal | None:
    """USD of a call that made pictures, from the usage in its answer; None when unknown."""
    if usage is None or not model.startswith(("gpt-image-", "chatgpt-image")):
        return None
    given = usage.get("input_tokens_details") or {}
    text, image, out = given.get("text_tokens"), given.get("image_tokens"), usage.get("output_tokens")
    if text is None or image is None or out is None:
        return None
    text_in, image_in = MINI_IN if model == "gpt-image-1-mini" else (TEXT_IN, IMAGE_IN)
    cost: Decimal = (text * text_in + image * image_in + out * OLDER.get(model, IMAGE_OUT)) / MILLION
    return cost


def equivalent_price(pictures: int) -> Decimal:
    """USD that so many square pictures in medium quality would have cost with the model named above."""
    return pictures * MEDIUM_TOKENS * IMAGE_OUT / MILLION
