"""Token counts of a response: the sum of what its model used, round by round."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

Usage = dict[str, Any]


def total(rounds: Sequence[Mapping[str, Any] | None]) -> Usage | None:
    """The usage of a response from those of its chat completions; None when one of them is unknown."""
    if not rounds or any(not used for used in rounds):
        return None
    known = [used for used in rounds if used]
    read = sum(used.get("prompt_tokens") or 0 for used in known)
    written = sum(used.get("completion_tokens") or 0 for used in known)
    return {
        "input_tokens": read,
        "input_tokens_details": {
            "cached_tokens": sum(_detail(used, "prompt_tokens_details", "cached_tokens") for used in known),
            "cache_write_tokens": 0,
        },
        "output_tokens": written,
        "output_tokens_details": {
            "reasoning_tokens": sum(
                _detail(used, "completion_tokens_details", "reasoning_tokens") for used in known
            )
        },
        "total_tokens": read + written,
    }


def _detail(used: Mapping[str, Any], part: str, name: str) -> int:
    return int((used.get(part) or {}).get(name) or 0)
