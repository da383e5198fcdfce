"""All lessons: where one is, what comes next, and which builds on which."""

from __future__ import annotations

import streamlit as st

from components import state
from components.house import House
from services.lessons.catalogue import lessons
from services.lessons.progress import Progress, start_over
from services.lessons.records import Lesson

PER_ROW = 3
DONE, NEXT, OPEN = "#0f766e", "#1d4ed8", "#64748b"


def draw(house: House, progress: Progress) -> None:
    """The list of lessons and their map."""
    done = sum(progress.is_done(one) for one in lessons())
    following = progress.next_of(lessons())
    st.title("Twelve lessons", anchor=False)
    st.markdown(
        "Each takes about five minutes: a page to read, a program that runs here, three questions. "
        "They work with the local model, and with a key on OpenAI's."
    )
    with st.container(horizontal=True, vertical_alignment="center"):
        if following is not None:
            label = "Begin" if not progress.answered else "Go on"
            if st.button(
                f"{label}: {following.title}", type="primary", icon=":material/play_arrow:", key="go_on"
            ):
                state.open_lesson(following.slug)
                st.rerun()
        st.progress(done / len(lessons()), text=f"{done} of {len(lessons())} done")
    as_list, as_map = st.tabs(["Lessons", "What builds on what"])
    with as_list:
        _draw_cards(progress)
    with as_map:
        st.graphviz_chart(_map(progress, following), width="stretch")
        st.caption(
            "Green is done, blue comes next. An arrow leads to a lesson that builds on the one it comes from."
        )
    if progress.answered and st.button("Start over", type="tertiary", icon=":material/restart_alt:"):
        start_over(house.preferences)
        st.rerun()


def _draw_cards(progress: Progress) -> None:
    with st.grid(PER_ROW, border=True) as grid:
        for number, one in enumerate(lessons(), 1):
            with grid.cell():
                st.markdown(f"**{number}. {one.title}**  \n{one.summary}")
                with st.container(horizontal=True, vertical_alignment="center"):
                    st.markdown(_badge(one, progress))
                    if st.button("Open", key=f"open-{one.slug}", icon=":material/arrow_forward:"):
                        state.open_lesson(one.slug)
                        st.rerun()


def _badge(one: Lesson, progress: Progress) -> str:
    if progress.is_done(one):
        return ":green-badge[:material/check: done]"
    if answered := progress.of(one):
        return f":blue-badge[{answered} of {len(one.questions)} questions]"
    return f":gray-badge[:material/schedule: {one.minutes} min]"


def _map(progress: Progress, following: Lesson | None) -> str:
    lines = [
        'digraph { rankdir=LR bgcolor="transparent" nodesep=0.18 ranksep=0.5',
        'node [shape=box style="rounded,filled" penwidth=0 fontname="sans-serif" fontcolor="white" fontsize=12 margin="0.15,0.08"]',
        'edge [color="#94a3b8" arrowsize=0.6]',
    ]
    for one in lessons():
        colour = DONE if progress.is_done(one) else NEXT if one == following else OPEN
        lines.append(f'{one.slug} [label="{one.title}" fillcolor="{colour}"]')
        lines += [f"{need} -> {one.slug}" for need in one.needs]
    return "\n".join([*lines, "}"])
