"""Numbers as people read them. Unknown is said, never shown as zero."""

from __future__ import annotations

from decimal import Decimal

UNKNOWN = "unknown"


def tokens(count: int | None) -> str:
    """`1,234` or `unknown`."""
    return UNKNOWN if count is None else f"{count:,}"


def counted(count: int, noun: str) -> str:
    """`1 turn`, `2,000 turns`."""
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"


def span(noun: str, first: int, last: int) -> str:
    """`row 3`, `rows 3–1,204`."""
    return f"{noun} {first:,}" if first == last else f"{noun}s {first:,}–{last:,}"


def money(usd: Decimal | None) -> str:
    """A price in dollars with as many digits as it needs; escaped, since two dollar signs make a formula."""
    if usd is None:
        return UNKNOWN
    if usd == 0:
        return "\\$0"
    if usd < Decimal("0.0001"):
        return f"\\${usd:.6f}"
    return f"\\${usd:.4f}" if usd < 1 else f"\\${usd:,.2f}"


def seconds(value: float | None) -> str:
    """`0.42 s`, `12 s` or `unknown`."""
    if value is None:
        return UNKNOWN
    if value < 0.01:
        return "<0.01 s"
    return f"{value:.2f} s" if value < 0.995 else f"{value:.1f} s" if value < 9.95 else f"{value:.0f} s"


def size(size_bytes: int) -> str:
    """`812 B`, `3.4 kB`, `1.1 GB`."""
    value = float(size_bytes)
    for unit in ("B", "kB", "MB", "GB"):
        if value < 999.5 or unit == "GB":
            return f"{value:.0f} {unit}" if unit == "B" or value >= 99.95 else f"{value:.1f} {unit}"
        value /= 1000
    raise AssertionError


def tokens_per_second(completion: int | None, ttft_s: float | None, duration_s: float | None) -> float | None:
    """Output speed once writing has begun, or None where it cannot be known."""
    if completion is None or ttft_s is None or duration_s is None or completion < 2 or duration_s <= ttft_s:
        return None
    return (completion - 1) / (duration_s - ttft_s)
