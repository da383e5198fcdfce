"""On the wire: the request as it went, the history in it, and how both grow from turn to turn."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any
from urllib.parse import urlsplit

import streamlit as st

from components import figures
from components.plain import plain
from components.tool_steps import pretty
from services.turns import Turn, TurnStatus
from services.wire import Exchange, as_curl, as_python, messages_sent

PREVIEW_CHARS = 400
LINES_HEIGHT = 420
AGAIN, NEW = "sent again", "new"
AGAIN_COLOUR, NEW_COLOUR = "#8b95a5", "#2563eb"
NOTHING = {
    TurnStatus.INTERRUPTED: "Tandem ended before this request did, so it could not be kept.",
    TurnStatus.STREAMING: "The request is kept here as soon as its answer is complete.",
}


def draw(turns: Sequence[Turn], turn: Turn | None, exchanges: Sequence[Exchange]) -> None:
    """Draw the exchanges of `turn`, with the growth over `turns`."""
    st.subheader("On the wire", icon=":material/lan:", anchor=False)
    if turn is None:
        st.caption("Send a message: the request appears here exactly as it left this machine.")
        return
    if len([t for t in turns if t.usage]) > 1:
        _draw_growth(turns)
    if not exchanges:
        st.caption(NOTHING.get(turn.status, "Nothing of this turn went over the wire."))
        return
    exchange = exchanges[-1]
    if len(exchanges) > 1:
        number = st.segmented_control(
            "Request of this turn",
            range(1, len(exchanges) + 1),
            default=len(exchanges),
            key=f"wire-{turn.id}",
            required=True,
        )
        exchange = exchanges[int(number or len(exchanges)) - 1]
    _draw_exchange(turn, exchange)


def _draw_growth(turns: Sequence[Turn]) -> None:
    """Prompt tokens of each turn: the new message against everything that is sent again."""
    rows = growth(turns)
    if len(rows) < 2:
        return
    st.caption(
        f"Prompt tokens by turn. Of the last request {rows[-1][AGAIN]:,} of "
        f"{rows[-1][AGAIN] + rows[-1][NEW]:,} had travelled before."
    )
    st.bar_chart(
        rows,
        x="Turn",
        y=[AGAIN, NEW],
        color=[AGAIN_COLOUR, NEW_COLOUR],
        height=220,
        y_label="",
        alt="Prompt tokens by turn: the part that is sent again grows with each turn",
    )


def growth(turns: Sequence[Turn]) -> list[dict[str, int]]:
    """For each turn of one call: prompt tokens sent or received before, and new ones."""
    rows, before = [], 0
    for number, turn in enumerate(turns, 1):
        prompt = turn.usage.prompt_tokens if turn.usage and turn.calls == 1 else None
        if turn.usage is None or prompt is None:
            continue
        again = min(before, prompt)
        rows.append({"Turn": number, AGAIN: again, NEW: prompt - again})
        before = prompt + (turn.usage.completion_tokens or 0)
    return rows


def _draw_exchange(turn: Turn, exchange: Exchange) -> None:
    status = exchange.status if exchange.status is not None else "no answer"
    url = urlsplit(exchange.url)
    st.markdown(f"**{exchange.method}** `{url.path}` → **{status}**")
    messages = messages_sent(exchange)
    old = max(len(messages) - _new_count(messages), 0)
    facts = [
        f"{figures.size(exchange.request_size_bytes)} sent",
        _counted(len(messages), old),
    ]
    if exchange.duration_s is not None:
        facts.append(figures.seconds(exchange.duration_s))
    st.caption(" · ".join(facts))
    for trimmed in [s.trimmed for s in turn.sent if s.trimmed]:
        st.warning(
            f"{figures.counted(trimmed.messages, 'message')}, about {trimmed.tokens:,} tokens, left out. {trimmed.reason}",
            icon=":material/content_cut:",
        )
    views = st.tabs(
        ["Messages", "Request", "Response", "curl", "Python"], key=f"wire-tabs-{turn.id}", on_change="rerun"
    )
    drawers = (
        lambda: _draw_messages(messages, old),
        lambda: _draw_raw(exchange.request_headers, pretty(exchange.request_body), "json"),
        lambda: _draw_raw(exchange.response_headers, exchange.response_body, None),
        lambda: _draw_code(as_curl(exchange), "bash"),
        lambda: _draw_code(as_python(exchange), "python"),
    )
    for view, draw_view in zip(views, drawers, strict=True):
        if view.open:
            with view:
                draw_view()


def _counted(messages: int, old: int) -> str:
    if not old:
        return f"{figures.counted(messages, 'message')}, no history"
    return f"{figures.counted(messages, 'message')}, {old:,} of them history"


def _new_count(messages: Sequence[dict[str, Any]]) -> int:
    """How many messages at the end are new: the last user message and what came after it."""
    for back, message in enumerate(reversed(messages), 1):
        if message.get("role") == "user":
            return back
    return len(messages)


def _draw_messages(messages: Sequence[dict[str, Any]], old: int) -> None:
    with st.container(height=LINES_HEIGHT, border=False):
        for index, message in enumerate(messages):
            role = message.get("role", "?")
            badge = ":gray-badge[sent again]" if index < old and role != "system" else ":blue-badge[new]"
            if role == "system":
                badge = ":orange-badge[every time]"
            tint = "gray" if index < old else "blue"
            st.markdown(f"{badge} **{plain(role)}**  \n:{tint}[{plain(_preview(message))}]")


def _preview(message: dict[str, Any]) -> str:
    content = message.get("content")
    text = (
        content
        if isinstance(content, str)
        else json.dumps(content or message.get("tool_calls"), ensure_ascii=False)
    )
    return text if len(text) <= PREVIEW_CHARS else f"{text[:PREVIEW_CHARS]}… ({len(text):,} characters)"


def _draw_raw(headers: dict[str, str], body: str, language: str | None) -> None:
    with st.expander("Headers", icon=":material/list:"):
        st.code(
            "\n".join(f"{name}: {value}" for name, value in headers.items()), language=None, wrap_lines=True
        )
    st.code(body or "(nothing)", language=language, wrap_lines=True, height=LINES_HEIGHT)


def _draw_code(text: str, language: str) -> None:
    st.caption("Ready to run; the key comes from OPENAI_API_KEY.")
    st.code(text, language=language, wrap_lines=True, height=LINES_HEIGHT)
