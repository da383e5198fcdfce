"""Which mode to take: what each offers, side by side, and a few questions that end in a recommendation with reasons."""

from __future__ import annotations

import streamlit as st

from components.modes import LOOKS
from services.compare.advice import Advice, advise, checked, features, questions
from services.turns import Mode


def draw() -> None:
    """Draw the table of features and the questionnaire."""
    ask, table = st.tabs([":material/quiz: Which one for me?", ":material/table_rows: All features"])
    with ask:
        _draw_questions()
    with table:
        _draw_features()


def _draw_features() -> None:
    for feature in features():
        with st.container(border=True, gap="xsmall"):
            st.markdown(f"**{feature.name}**")
            for column, mode in zip(st.columns(len(Mode)), Mode, strict=True):
                column.markdown(f"{_named(mode)}  \n{feature.in_mode[mode]}")
    st.caption(f"As of {checked():%d %B %Y}.")


def _draw_questions() -> None:
    left, right = st.columns([3, 2], gap="large")
    answers: dict[str, str] = {}
    with left:
        for question in questions():
            chosen = st.radio(
                question.asks,
                [option.label for option in question.options],
                index=None,
                key=f"chooser-{question.id}",
            )
            if chosen is not None:
                answers[question.id] = chosen
    with right:
        _draw_advice(advise(answers), len(questions()) - len(answers))


def _draw_advice(advice: Advice | None, open_questions: int) -> None:
    if advice is None:
        st.info(
            "Answer a question, and a recommendation appears here. It changes with every answer.",
            icon=":material/lightbulb:",
        )
        return
    look = LOOKS[advice.mode]
    with st.container(border=True):
        st.caption("So far, take" if open_questions else "Take")
        st.markdown(f"### {look.icon} :{look.colour}[{look.label}]")
        st.markdown("\n".join(f"- {reason}" for reason in advice.reasons))
        if advice.against:
            st.markdown(
                "**What speaks against it**\n" + "\n".join(f"- {reason}" for reason in advice.against)
            )
        if advice.runner_up is not None:
            st.markdown(f"{_named(advice.runner_up)} would do nearly as well.")
        for mode in advice.ruled_out:
            st.caption(f"{LOOKS[mode].label} cannot be had where you want to run it.")
    st.caption(
        "Points: "
        + " · ".join(
            f"{LOOKS[mode].label} {'–' if mode in advice.ruled_out else points}"
            for mode, points in advice.points.items()
        )
    )


def _named(mode: Mode) -> str:
    look = LOOKS[mode]
    return f":{look.colour}[{look.icon} {look.label}]"
