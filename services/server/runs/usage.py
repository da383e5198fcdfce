"""Token counts of a chat model as the Assistants wire has them: `prompt_token_details` is singular there."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

Usage = dict[str, Any]


def from_chat(usage: Mapping[str, Any] | None) -> Usage | None:
    """The usage of a step from that of a chat completion; None when the model told none."""
    if not usage:
        return None
    prompt, completion = usage.get("prompt_tokens") or 0, usage.get("completion_tokens") or 0
    return _usage(
        prompt,
        completion,
        (usage.get("prompt_tokens_details") or {}).get("cached_tokens") or 0,
        (usage.get("completion_tokens_details") or {}).get("reasoning_tokens") or 0,
    )


def nothing() -> Usage:
    """The usage of a step whose tokens are counted in the next one: both came from one answer."""
    return _usage(0, 0, 0, 0)


def _usage(prompt: int, completion: int, cached: int, reasoning: int) -> Usage:
    return {
        "prompt_tokens": prompt,
        "completion_tokens": completion,
        "total_tokens": prompt + completion,
        "prompt_token_details": {"cached_tokens": cached},
        "completion_tokens_details": {"reasoning_tokens": reasoning},
    }
