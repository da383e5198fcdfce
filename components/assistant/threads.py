"""The threads: the latest in the sidebar, all of them in a dialog with search, rename and delete."""

from __future__ import annotations

import re

import streamlit as st

from components import figures, moving, state
from components.assistant.desk import Desk
from components.plain import plain
from services.assistants.records import Thread
from services.naming import shorten

RECENT = 6
LISTED = 40
SHOWN_CHARS = 34
LONGEST_SHOWN_TITLE = 44
LONGEST_TITLE = 120
SNIPPET_CHARS = 90
UNTITLED = "New thread"
MARKER = re.compile(r"【[^】]*(?:】|$)")
RENAMING, MOVING, DELETING = "thread-renaming", "thread-moving", "thread-deleting"


def title_of(thread: Thread | None) -> str:
    """What a thread is called, as Markdown."""
    if thread is None:
        return UNTITLED
    return plain(shorten(thread.name or UNTITLED, LONGEST_SHOWN_TITLE))


def draw_recent(desk: Desk) -> None:
    """Draw the threads last talked in."""
    with st.sidebar, st.container(gap="xsmall"):
        # A callback comes before the page is made, so that it is made once and not for the old thread first.
        st.button(
            "New thread",
            icon=":material/edit_square:",
            key="new-thread",
            width="stretch",
            on_click=_begin,
            args=(desk.assistant.id if desk.assistant else None,),
        )
        recent = desk.house.assistants.threads(limit=RECENT)
        for thread in recent:
            _draw_link(thread, desk.thread)
        if not recent:
            st.caption("Each thread is kept on the server, and named by the model.")
            moving.draw_import(desk.house, desk.assistant)
        elif st.button("All threads", icon=":material/manage_search:", type="tertiary", key="all-threads"):
            _library(desk)


def _draw_link(thread: Thread, current: Thread | None) -> None:
    title = plain(shorten(thread.name or UNTITLED, SHOWN_CHARS))
    label = f"**{title}**" if current and current.id == thread.id else title
    st.button(label, key=f"open-{thread.id}", type="tertiary", wrap=False, on_click=_open, args=(thread.id,))


def _begin(assistant_id: str | None) -> None:
    """Show a new thread, with the assistant that was shown before."""
    state.forget_assistant()
    if assistant_id is not None:
        st.session_state[state.ASSISTANT] = assistant_id
    state.open_thread(None)


def _open(thread_id: str) -> None:
    """Show a thread, with the assistant it was last talked to with."""
    state.forget_assistant()
    state.open_thread(thread_id)


@st.dialog("Threads", width="medium", icon=":material/manage_search:", on_dismiss="rerun")
def _library(desk: Desk) -> None:
    words = st.text_input(
        "Search in everything said", type="search", live=True, key="threads-search", icon=":material/search:"
    )
    found = desk.house.assistants.threads((words or "").strip(), limit=LISTED)
    if not found:
        st.caption("No thread holds these words." if words else "There is no thread yet.")
    for thread in found:
        _draw_row(desk, thread)
    if len(found) == LISTED:
        st.caption(f"These are the latest {LISTED}. Search to find older ones.")
    moving.draw_import(desk.house, desk.assistant)


def _draw_row(desk: Desk, thread: Thread) -> None:
    with st.container(horizontal=True, vertical_alignment="center", wrap=False):
        with st.container(gap="xsmall"):
            _draw_title(desk, thread)
            when = thread.last_message_at or thread.created_at
            count = figures.counted(thread.message_count or 0, "message")
            st.caption(f"{when.astimezone(state.zone()):%d %b %Y, %H:%M} · {count} · {plain(_said(thread))}")
        choice = st.menu_button(
            "More",
            ["Rename", "Move to…", "Delete"],
            key=f"actions-{thread.id}",
            type="tertiary",
            icon=":material/more_horiz:",
        )
    if choice == "Rename":
        st.session_state[RENAMING] = thread.id
        st.rerun(scope="fragment")
    if choice == "Move to…":
        st.session_state[MOVING] = thread.id
        st.rerun(scope="fragment")
    if choice == "Delete":
        st.session_state[DELETING] = thread.id
        st.rerun(scope="fragment")
    if st.session_state.get(MOVING) == thread.id and moving.draw_thread(desk.house, thread, desk.assistants):
        del st.session_state[MOVING]
        st.rerun(scope="fragment")
    if st.session_state.get(DELETING) == thread.id:
        _draw_deletion(desk, thread)


def _said(thread: Thread) -> str:
    """The end of what was said, without the markers that stand for citations."""
    return MARKER.sub("", thread.snippet or "")[:SNIPPET_CHARS]


def _draw_title(desk: Desk, thread: Thread) -> None:
    if st.session_state.get(RENAMING) != thread.id:
        if st.button(title_of(thread), key=f"row-{thread.id}", type="tertiary", wrap=False):
            _open(thread.id)
            st.rerun()
        return
    new = st.text_input(
        "New name",
        thread.title or "",
        key=f"rename-{thread.id}",
        max_chars=LONGEST_TITLE,
        label_visibility="collapsed",
    )
    if new and new.strip() and new != (thread.title or ""):
        desk.house.assistants.describe_thread(thread, title=new.strip())
        del st.session_state[RENAMING]
        st.rerun(scope="fragment")


def _draw_deletion(desk: Desk, thread: Thread) -> None:
    with st.container(horizontal=True):
        deleted = st.button(
            "Delete for good", key=f"delete-{thread.id}", type="primary", icon=":material/delete_forever:"
        )
        kept = st.button("Keep", key=f"keep-{thread.id}")
    if not deleted and not kept:
        return
    del st.session_state[DELETING]
    if deleted:
        desk.house.assistants.delete_thread(thread.id)
        if state.thread_id() == thread.id:
            state.open_thread(None)
    st.rerun(scope="fragment")
