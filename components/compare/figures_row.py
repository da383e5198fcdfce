"""The figures under an answer, the best of each in bold."""

from __future__ import annotations

from collections.abc import Callable, Collection
from decimal import Decimal

from components import figures
from services.compare.figures import Figures


def line(told: Figures, best: Collection[str]) -> str:
    """The figures in words; `best` names those in which this lane is the best."""

    def bold(name: str, text: str) -> str:
        return f"**{text}**" if name in best else text

    rows = (_speed(told, bold), [*_tokens(told, bold), *_money(told, bold)], _sent(told, bold))
    return "  \n".join(" · ".join(row) for row in rows)


Bold = Callable[[str, str], str]


def _speed(told: Figures, bold: Bold) -> list[str]:
    bits = [f"first token {bold('ttft_s', figures.seconds(told.ttft_s))}"]
    bits.append(f"total {bold('total_s', figures.seconds(told.total_s))}")
    if told.tokens_per_s is not None:
        bits.append(bold("tokens_per_s", f"{told.tokens_per_s:,.0f} tokens/s"))
    return bits


def _tokens(told: Figures, bold: Bold) -> list[str]:
    if told.prompt_tokens is None and told.completion_tokens is None:
        return ["tokens unknown"]
    cached = bold("cached_tokens", f"{told.cached_tokens:,} cached") if told.cached_tokens else ""
    read = f"read {bold('prompt_tokens', figures.tokens(told.prompt_tokens))}" + (
        f" ({cached})" if cached else ""
    )
    return [f"{read}, wrote {figures.tokens(told.completion_tokens)} tokens"]


def _money(told: Figures, bold: Bold) -> list[str]:
    if told.cost_usd is None:
        return ["cost unknown"]
    so_far = bold("cost_so_far_usd", f"{_usd(told.cost_so_far_usd)} so far")
    return ["free"] if told.cost_so_far_usd == 0 else [bold("cost_usd", _usd(told.cost_usd)), so_far]


def _usd(cost: Decimal | None) -> str:
    return "free" if cost == 0 else figures.money(cost)


def _sent(told: Figures, bold: Bold) -> list[str]:
    size = bold("sent_bytes", figures.size(told.sent_bytes))
    messages = bold("sent_messages", figures.counted(told.sent_messages, "message"))
    added = figures.UNKNOWN if told.added_tokens is None else f"{told.added_tokens:,} tokens"
    return [f"sent {size}, {messages}, {told.sent_tokens:,} tokens", f"server added {added}"]
