"""Where examples come from: a file, answers one liked, or one's own hand."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from components import figures, state
from components.failures import show
from components.house import House
from components.plain import plain
from services.errors import AppError
from services.tuning.collecting import Candidate, candidates
from services.tuning.incoming import ENDINGS, as_line, example, to_lines
from services.tuning.records import DataSet

SENT = "examples-sent"
WRITTEN = "examples-written"
MOST_SHOWN = 200
FORMS = (
    "JSONL or JSON as OpenAI takes it, a list of messages, ShareGPT or Alpaca, or a table with a column for the question and one for "
    "the answer. Faults do not matter yet: each is shown with its line, and most have a fix."
)


def draw(house: House, data_set: DataSet) -> None:
    """Draw the three ways."""
    file, own, hand = st.tabs(["From a file", "From my conversations", "Write one"])
    with file:
        _draw_file(house, data_set)
    with own:
        _draw_own(house, data_set)
    with hand:
        _draw_hand(house, data_set)


def _draw_file(house: House, data_set: DataSet) -> None:
    sent = st.session_state.get(SENT, 0)
    given = st.file_uploader(
        "Files with examples",
        list(ENDINGS),
        accept_multiple_files=True,
        key=f"file-{sent}",
        max_upload_size=32,
    )
    st.caption(FORMS)
    if not given:
        return
    try:
        with st.spinner("Reading the examples"):
            texts = [line for one in given for line in to_lines(one.name, one.getvalue())]
            house.data_sets.add(data_set.id, texts)
    except AppError as error:
        show(error)
        return
    st.session_state[SENT] = sent + 1  # an uploader is emptied by another key
    _added(len(texts))


def _draw_own(house: House, data_set: DataSet) -> None:
    with_history = st.toggle(
        "With what was said before",
        value=True,
        key="with-history",
        help="Earlier messages are there to be read; only the answer you judged is learned.",
    )
    with st.spinner("Looking through your ratings"):
        found = candidates(house.ratings, house.conversations, with_history=with_history)
    if not found:
        st.info(
            "No rated answers yet. In a chat, give an answer a thumb up, or say how it should have read; it then appears here.",
            icon=":material/thumb_up:",
        )
        return
    shown = found[-MOST_SHOWN:]
    picked = st.dataframe(
        [_row(one) for one in shown],
        hide_index=True,
        on_select="rerun",
        selection_mode="multi-row",
        key=f"candidates-{len(shown)}",
    ).selection.rows
    st.caption("Choose some rows, or take all of them. Pictures, files and calls of functions stay out.")
    chosen = [shown[at] for at in picked] or found
    label = f"Add {figures.counted(len(chosen), 'example')}"
    if st.button(label, type="primary", icon=":material/add:", key="add-own"):
        _add(house, data_set, [as_line(one.example) for one in chosen])


def _row(one: Candidate) -> dict[str, str]:
    return {
        "Question": plain(one.question)[:200],
        "Answer": plain(one.answer)[:200],
        "Why": "put right by you" if one.is_corrected else "thumb up",
    }


def _draw_hand(house: House, data_set: DataSet) -> None:
    key = st.session_state.get(WRITTEN, 0)
    system = st.text_area(
        "Instruction",
        key="written-system",
        height=80,
        placeholder="You are the help desk of a tea shop. Answer in two sentences.",
        help="The system message. It may be empty; it should be the same in every example.",
    )
    question = st.text_area("Question", key=f"written-question-{key}", height=80)
    answer = st.text_area("Answer as it should be", key=f"written-answer-{key}", height=120)
    is_whole = bool((question or "").strip() and (answer or "").strip())
    if st.button("Add it", type="primary", icon=":material/add:", key="add-written", disabled=not is_whole):
        st.session_state[WRITTEN] = key + 1
        line = as_line(example((question or "").strip(), (answer or "").strip(), (system or "").strip()))
        _add(house, data_set, [line])


def _add(house: House, data_set: DataSet, texts: Sequence[str]) -> None:
    try:
        house.data_sets.add(data_set.id, texts)
    except AppError as error:
        show(error)
        return
    _added(len(texts))


def _added(count: int) -> None:
    state.notify(f"{figures.counted(count, 'example')} added.")
    st.rerun()
