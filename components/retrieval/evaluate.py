"""Evaluate: questions whose answers are known, and how often a search finds them."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from components import figures
from components.failures import guarded
from components.house import House
from components.retrieval import drafts, question_table, results
from components.retrieval.desk import open_desk
from components.sidebar import Choice
from services.retrieval import questions
from services.turns import Turn

QUESTIONS, RUN = "questions", "run"


@st.fragment
def draw(
    house: House, store_id: str, name: str, choice: Choice | None = None, turns: Sequence[Turn] = ()
) -> None:
    """Draw the tab for a collection. `choice` is who drafts questions, else the local model; `turns` are answers given in Ask."""
    with guarded():
        desk = open_desk(house, store_id, name)
        if desk is None:
            return
        asked = questions.load(house.preferences, store_id)
        st.caption(
            "An evaluation asks questions whose answers you know and counts how often the right passage is found. "
            "It tells you whether another setting is better, where a few tries would only tell you a story."
        )
        view = st.segmented_control(
            "Step",
            [QUESTIONS, RUN],
            default=QUESTIONS if not asked else RUN,
            required=True,
            format_func=lambda step: {
                QUESTIONS: f":material/quiz: {figures.counted(len(asked), 'question') if asked else 'Questions'}",
                RUN: ":material/speed: Run and compare",
            }[step],
            key=f"evaluate-{store_id}",
            label_visibility="collapsed",
        )
        if view == RUN:
            results.draw(desk, asked, turns)
        else:
            question_table.draw(desk, asked)
            drafts.draw(desk, asked, choice)
