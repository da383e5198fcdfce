"""Below the lanes, one at a time: what was measured, sent, remembered and said."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from components import wire
from components.compare import charts, differences, memory, report
from components.compare.desk import Desk
from components.compare.looks import looks

TABS = {
    "Cost and tokens": ":material/show_chart:",
    "What was sent": ":material/lan:",
    "Where memory lives": ":material/memory:",
    "Differences": ":material/difference:",
    "As code": ":material/code:",
    "Report": ":material/summarize:",
}

OPEN = "compare-look-at"


def draw(desk: Desk) -> None:
    """Draw what the person looks at, if anything; the rest costs nothing."""
    drawers: dict[str, Callable[[], None]] = {
        "Cost and tokens": lambda: charts.draw(desk.talks),
        "What was sent": lambda: _draw_sent(desk),
        "Where memory lives": lambda: memory.draw(desk.talks),
        "Differences": lambda: differences.draw(desk.talks),
        "As code": lambda: _draw_code(desk),
        "Report": lambda: _draw_report(desk),
    }
    chosen = st.segmented_control(
        "Look at",
        list(TABS),
        format_func=lambda name: f"{TABS[name]} {name}",
        key=OPEN,
        label_visibility="collapsed",
    )
    # The page stands at its end: while answers grow, that is where they are. What was drawn here before goes at once.
    if chosen is None or desk.live:
        st.empty()
        return
    with st.container():
        drawers[chosen]()


def _draw_sent(desk: Desk) -> None:
    """The requests of one lane's turn, as they went."""
    seen = looks(desk.lanes)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        index = st.segmented_control(
            "Lane",
            range(len(desk.lanes)),
            default=0,
            required=True,
            format_func=lambda n: f"{seen[n].icon} {seen[n].label}",
            key="compare-sent-lane",
        )
        talk = desk.talks[index or 0]
        numbers = list(range(len(talk.turns), 0, -1))
        number = (
            st.selectbox("Turn", numbers, key=f"compare-sent-turn-{len(numbers)}", width=120)
            if len(numbers) > 1
            else len(numbers)
        )
    turn = talk.turns[number - 1] if number else None
    wire.draw(talk.turns, turn, desk.house.conversations.exchanges(turn.id) if turn else [])


def _draw_code(desk: Desk) -> None:
    from components.compare import as_code

    as_code.draw(desk.talks)


def _draw_report(desk: Desk) -> None:
    if desk.comparison is not None:
        report.draw(desk.comparison, desk.talks, desk.settings)
