"""The meter: what this turn, this conversation and today used and cost, and how full the context is."""

from __future__ import annotations

import base64
from dataclasses import dataclass, field
from decimal import Decimal

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from components import figures
from services.metering import picture_prices, sound_prices
from services.metering.budgets import SCOPES, BudgetLine
from services.metering.records import Media
from services.turns import Turn, Usage


@dataclass(frozen=True, slots=True)
class Line:
    """Usage and cost of a span. `unknown_calls` are calls whose price nobody knows."""

    usage: Usage
    cost_usd: Decimal | None
    unknown_calls: int = 0


@dataclass(frozen=True, slots=True)
class ContextShare:
    """How the context window is filled, in tokens. `window` None means the model did not say."""

    system: int
    history: int
    retrieved: int
    reply: int
    window: int | None

    @property
    def used(self) -> int:
        return self.system + self.history + self.retrieved + self.reply


@dataclass(frozen=True, slots=True)
class Reading:
    """All the meter shows. `called` is the word for what the conversation is here."""

    turn: Turn | None
    turn_usage: Usage
    conversation: Line
    today: Line
    context: ContextShare
    called: str = "Chat"
    equivalent: tuple[str, Decimal] | None = None
    budget_left_usd: Decimal | None = None
    tight_budget: BudgetLine | None = None
    media: Media = field(default_factory=Media)
    local_media: Media = field(default_factory=Media)


SMALLEST_USD = Decimal("0.0001")
# Four colours that keep apart for colour-blind eyes and stand out on light and dark.
COLOURS = {"system": "#8b95a5", "history": "#3b82f6", "retrieved": "#0d9488", "reply": "#8b5cf6"}


def draw(slot: DeltaGenerator, reading: Reading) -> None:
    """Fill `slot` with the reading; drawing again replaces it in place."""
    with slot.container(gap="xsmall"):
        st.markdown(
            "**Meter**",
            help="Tokens sent → tokens written, and what they cost. Unknown is never counted as zero.",
        )
        _draw_sums(reading)
        _draw_speed(reading)
        _draw_media(reading)
        if reading.tight_budget is not None:
            _draw_warning(reading.tight_budget)
        _draw_context(reading.context)


def _draw_sums(reading: Reading) -> None:
    pending = reading.turn is not None and reading.turn.usage is None and not reading.turn.is_final
    turn_cost = _cost(reading.turn.cost_usd, 0) if reading.turn and reading.turn.usage else "…"
    rows = [
        ("Turn", reading.turn_usage, turn_cost),
        (reading.called, reading.conversation.usage, _line_cost(reading.conversation, pending)),
        ("Today", reading.today.usage, _line_cost(reading.today, pending)),
    ]
    lines = [f"{_tokens(usage)} · {cost}" if _tokens(usage) != "–" else "–" for _, usage, cost in rows]
    with st.container(horizontal=True, horizontal_alignment="distribute", wrap=False, gap="xsmall"):
        st.caption("  \n".join(name for name, _, _ in rows), width="content")
        st.caption("  \n".join(lines), width="content", text_alignment="right")


def _tokens(usage: Usage) -> str:
    if usage.prompt_tokens is None and usage.completion_tokens is None:
        return "–"
    return f"{_short(usage.prompt_tokens)} → {_short(usage.completion_tokens)}"


def _line_cost(line: Line, pending: bool) -> str:
    return "…" if pending and not line.cost_usd else _cost(line.cost_usd, line.unknown_calls)


def _draw_speed(reading: Reading) -> None:
    turn = reading.turn
    bits = []
    if turn is not None and turn.ttft_s is not None:
        bits.append(f"First token {figures.seconds(turn.ttft_s)}")
        speed = figures.tokens_per_second(reading.turn_usage.completion_tokens, turn.ttft_s, turn.duration_s)
        if speed and turn.calls <= 1:
            bits.append(f"{speed:,.1f} tokens/s")
    if reading.equivalent is not None:
        model, cost = reading.equivalent
        bits.append(f"this turn on {model}: {figures.money(cost)}")
    if reading.budget_left_usd is not None:
        bits.append(f"budget left {figures.money(reading.budget_left_usd)}")
    if details := _details(reading.turn_usage):
        bits.append(details)
    if bits:
        st.caption(" · ".join(bits))


def _draw_media(reading: Reading) -> None:
    """What today was heard, spoken and pictured, and what the part made here would have cost."""
    media, local = reading.media, reading.local_media
    bits = [figures.counted(media.pictures, "picture")] if media.pictures else []
    bits += [f"{_lasting(media.audio_s)} of sound heard"] if media.audio_s else []
    bits += [f"{figures.counted(media.characters, 'character')} spoken"] if media.characters else []
    if not bits:
        return
    saved = picture_prices.equivalent_price(local.pictures) + sound_prices.equivalent_price(
        local.audio_s, local.characters
    )
    models = [picture_prices.EQUIVALENT] if local.pictures else []
    models += [sound_prices.TRANSCRIPTION_EQUIVALENT] if local.audio_s else []
    models += [sound_prices.SPEECH_EQUIVALENT] if local.characters else []
    elsewhere = f". What was made here, on {', '.join(models)}: {figures.money(saved)}" if models else ""
    st.caption(f"Today also {', '.join(bits)}{elsewhere}")


def _lasting(seconds: float) -> str:
    return figures.seconds(seconds) if seconds < 100 else f"{seconds / 60:,.0f} min"


def _draw_warning(line: BudgetLine) -> None:
    word = "used up" if line.state == "over" else "nearly used up"
    colour = "red" if line.state == "over" else "orange"
    st.caption(
        f":{colour}[:material/savings: Your budget {dict(SCOPES)[line.scope]} is {word}: "
        f"{figures.money(line.spent_usd)} of {figures.money(line.limit_usd)}.]"
    )


def _draw_context(context: ContextShare) -> None:
    window = f" of {context.window:,}" if context.window else ""
    share = f" ({_percent(context.used / context.window)})" if context.window else ""
    words = ", ".join(f"{name} {getattr(context, name):,}" for name in COLOURS if getattr(context, name))
    text = f"Context {context.used:,}{window}{share}"
    st.caption(
        text,
        help=f"In tokens: {words or 'nothing yet'}. An estimate made on this machine; the server's count is in the table above.",
    )
    picture = base64.b64encode(bar(context).encode()).decode()
    # An image in Markdown has no toolbar of its own, and a bar needs none.
    st.markdown(f"![{text}: {words or 'nothing yet'}](data:image/svg+xml;base64,{picture})")


def _percent(share: float) -> str:
    return "<1%" if 0 < share < 0.01 else f"{share:.0%}"


def bar(context: ContextShare) -> str:
    """The context window as a thin stacked bar, SVG."""
    window = max(context.window or context.used, context.used, 1)
    x, boxes = 0.0, ['<rect width="300" height="8" rx="4" fill="#8b95a5" fill-opacity="0.22"/>']
    for name, colour in COLOURS.items():
        width = 300 * getattr(context, name) / window
        boxes.append(f'<rect x="{x:.1f}" width="{width:.1f}" height="8" fill="{colour}"/>')
        x += width
    shape = '<svg xmlns="http://www.w3.org/2000/svg" width="300" height="8" viewBox="0 0 300 8">'
    clip = '<clipPath id="r"><rect width="300" height="8" rx="4"/></clipPath>'
    return f'{shape}{clip}<g clip-path="url(#r)">{"".join(boxes)}</g></svg>'


def _details(usage: Usage) -> str:
    bits = []
    if usage.cached_tokens is not None:
        bits.append(f"cached {usage.cached_tokens:,}")
    if usage.reasoning_tokens:
        bits.append(f"reasoning {usage.reasoning_tokens:,}")
    return " · ".join(bits)


def _short(count: int | None) -> str:
    if count is None:
        return "–"
    return f"{count:,}" if count < 100_000 else f"{count / 1000:,.0f}k"


def _cost(usd: Decimal | None, unknown_calls: int) -> str:
    if unknown_calls and not usd:
        return figures.UNKNOWN
    if unknown_calls:
        return f"{figures.money(usd)} + ?"
    if not usd:
        return "free" if usd == 0 else figures.UNKNOWN
    return figures.money(usd) if usd >= SMALLEST_USD else f"<\\${SMALLEST_USD}"
