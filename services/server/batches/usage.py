"""What an answer used, in the words of a batch, whichever endpoint it came from."""

from __future__ import annotations

from typing import Any

Wire = dict[str, Any]


def usage_of(body: Any) -> Wire | None:
    """The tokens of one answer; None where it tells none."""
    told = body.get("usage") if isinstance(body, dict) else None
    if not isinstance(told, dict):
        return None
    read = _number(told, "input_tokens") or _number(told, "prompt_tokens")
    written = _number(told, "output_tokens") or _number(told, "completion_tokens")
    read_details = told.get("input_tokens_details") or told.get("prompt_tokens_details")
    written_details = told.get("output_tokens_details") or told.get("completion_tokens_details")
    return {
        "input_tokens": read,
        "input_tokens_details": {"cached_tokens": _number(read_details, "cached_tokens")},
        "output_tokens": written,
        "output_tokens_details": {"reasoning_tokens": _number(written_details, "reasoning_tokens")},
        "total_tokens": _number(told, "total_tokens") or read + written,
    }


def _number(told: Any, name: str) -> int:
    value = told.get(name) if isinstance(told, dict) else None
    return value if isinstance(value, int) else 0
