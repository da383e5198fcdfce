"""Scenarios on the page: cards to start one, what to watch while it plays, and the verdict with the figures just measured."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from components import figures
from components.compare.looks import LaneLook, looks
from components.modes import LOOKS
from services.compare.labels import MODE_NAMES
from services.compare.records import LaneTalk
from services.compare.scenarios import (
    Need,
    Scenario,
    Support,
    lines_of_code,
    next_step,
    scenarios,
    steps_played,
    took,
)
from services.turns import Mode

CARDS_A_ROW = 3
SUPPORT: dict[Support, str] = {
    "built in": ":green-badge[:material/check: built in]",
    "yours": ":orange-badge[:material/build: yours to write]",
    "partly": ":yellow-badge[:material/contrast: partly]",
    "no": ":red-badge[:material/block: no]",
    "gone": ":red-badge[:material/block: no longer]",
}


def draw_cards() -> Scenario | None:
    """Draw a card for each scenario; the one whose button was pressed."""
    chosen: Scenario | None = None
    cards = scenarios()
    for start in range(0, len(cards), CARDS_A_ROW):
        for column, scenario in zip(
            st.columns(CARDS_A_ROW), cards[start : start + CARDS_A_ROW], strict=False
        ):
            with column:
                chosen = scenario if _draw_card(scenario) else chosen
    return chosen


def _draw_card(scenario: Scenario) -> bool:
    with st.container(border=True, height="stretch", gap="small"):
        st.markdown(f"{scenario.icon} **{scenario.title}**")
        st.markdown(scenario.shows)
        st.caption(
            f"{figures.counted(len(scenario.steps), 'message')} to {figures.counted(len(scenario.parts), 'lane')}"
        )
        return st.button("Play", key=f"play-{scenario.id}", icon=":material/play_arrow:")


def draw_caption(scenario: Scenario, talks: Sequence[LaneTalk]) -> None:
    """Say what to watch in the message that is being answered, or was last."""
    sent = max(steps_played(scenario, talks), _begun(scenario, talks))
    total = len(scenario.steps)
    with st.container(border=True, gap="xsmall"):
        st.markdown(f"{scenario.icon} **{scenario.title}** :gray-badge[message {max(sent, 1)} of {total}]")
        if sent == 0:
            st.markdown(scenario.shows)
            return
        st.progress(sent / total)
        st.markdown(f":material/visibility: {scenario.steps[sent - 1].watch}")


def _begun(scenario: Scenario, talks: Sequence[LaneTalk]) -> int:
    """How far the furthest lane is: the others may still wait for their turn to begin."""
    return max((steps_played(scenario, [talk]) for talk in talks), default=0)


def is_over(scenario: Scenario, talks: Sequence[LaneTalk]) -> bool:
    """Whether every message was sent and every lane has ended."""
    is_sent = steps_played(scenario, talks) == len(scenario.steps)
    return is_sent and next_step(scenario, talks) is None and all(t.turns[-1].is_final for t in talks)


def draw_verdict(scenario: Scenario, talks: Sequence[LaneTalk]) -> None:
    """What each mode gives and what is left to write, with lines of code and the figures of this very talk."""
    st.subheader("The verdict", anchor=False)
    for need in scenario.needs:
        _draw_need(need)
    _draw_programs(scenario)
    st.markdown("**Measured just now**")
    st.dataframe(
        [_row(talk, look) for talk, look in zip(talks, looks([talk.lane for talk in talks]), strict=True)],
        hide_index=True,
        alt="What each lane sent, was billed and took in this scenario",
    )


def _draw_need(need: Need) -> None:
    with st.container(border=True, gap="xsmall"):
        st.markdown(f"**{need.need}**")
        with st.container(horizontal=True, gap="medium"):
            for mode, support in need.support.items():
                look = LOOKS[mode]
                st.markdown(f":{look.colour}[{look.icon}] {look.label} {SUPPORT[support]}", width="content")
        st.caption(need.note)


def _draw_programs(scenario: Scenario) -> None:
    programs = {mode: scenario.program(mode) for mode in Mode}
    counts = {mode: lines_of_code(program) for mode, program in programs.items()}
    most = max(counts.values())
    st.markdown("**Lines of code for the same talk**")
    for mode, count in counts.items():
        look = LOOKS[mode]
        st.progress(count / most, text=f":{look.colour}[{look.icon}] {look.label}: {count} lines")
    with st.expander("Read the three programs", icon=":material/code:"):
        for tab, program in zip(
            st.tabs([MODE_NAMES[mode] for mode in programs]), programs.values(), strict=True
        ):
            with tab:
                st.code(program, language="python")
        st.caption(
            "Each runs as it is with the openai package. Lines without code, and texts that only explain, are not counted."
        )


def _row(talk: LaneTalk, look: LaneLook) -> dict[str, str]:
    sums = took(talk)
    speed = figures.seconds(sums.mean_ttft_s)
    row = {
        "Lane": f"{look.glyph} {look.label}",
        "Client sent": f"{sums.sent_tokens:,} tokens, {figures.size(sums.sent_bytes)}",
        "Billed": f"{figures.tokens(sums.billed_tokens)} tokens",
        "Cost": figures.money(sums.cost_usd).replace("\\", ""),
        "First token, mean": speed,
    }
    return {**row, "Failed": figures.counted(sums.failed, "turn")} if sums.failed else row
