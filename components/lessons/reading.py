"""One lesson: its text, its programs, its questions."""

from __future__ import annotations

import streamlit as st

from components import navigation, state
from components.house import House
from components.lessons import program as programs
from components.sidebar import Choice
from services.lessons.catalogue import lesson, lessons
from services.lessons.progress import Progress, answered
from services.lessons.records import Lesson, Question


def draw(house: House, choice: Choice, one: Lesson, progress: Progress) -> None:
    """Draw the lesson from its heading to the way on."""
    number = lessons().index(one) + 1
    if st.button("All lessons", type="tertiary", icon=":material/arrow_back:"):
        state.open_lesson(None)
        st.rerun()
    st.title(one.title, anchor=False)
    st.caption(f"Lesson {number} of {len(lessons())} · {one.minutes} minutes")
    st.markdown(f"*{one.summary}*")
    _draw_before(one, progress)
    for part in one.body:
        if isinstance(part, str):
            st.markdown(part)
        else:
            programs.draw(house, choice, one, part)
    st.divider()
    st.subheader("Three questions", anchor=False)
    for index, question in enumerate(one.questions):
        progress = _draw_question(house, one, index, question, progress)
    _draw_way_on(one, number, progress)


def _draw_before(one: Lesson, progress: Progress) -> None:
    missing = [lesson(need) for need in one.needs if not progress.is_done(lesson(need))]
    if missing:
        titles = ", ".join(f"*{before.title}*" for before in missing)
        st.info(f"Easier after {titles}.", icon=":material/signpost:")


def _draw_question(house: House, one: Lesson, index: int, question: Question, progress: Progress) -> Progress:
    known = (one.slug, index) in progress.answered
    chosen = st.radio(
        f"**{index + 1}. {question.ask}**",
        range(len(question.choices)),
        index=question.right if known else None,
        format_func=lambda at: question.choices[at].text,
        key=f"question-{one.slug}-{index}",
    )
    if chosen is None:
        return progress
    picked = question.choices[chosen]
    if not picked.right:
        st.warning(picked.why, icon=":material/close:")
        return progress
    st.success(picked.why, icon=":material/check:")
    return progress if known else answered(house.preferences, one, index)


def _draw_way_on(one: Lesson, number: int, progress: Progress) -> None:
    if progress.is_done(one):
        st.markdown(":green-badge[:material/check: Lesson done]")
    with st.container(horizontal=True):
        st.page_link(navigation.page(one.page), label="Try it on its page", icon=":material/open_in_new:")
        if number < len(lessons()):
            following = lessons()[number]
            kind = "primary" if progress.is_done(one) else "secondary"
            if st.button(
                f"Next: {following.title}", type=kind, icon=":material/arrow_forward:", key="next_lesson"
            ):
                state.open_lesson(following.slug)
                st.rerun()
