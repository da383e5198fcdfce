"""Moving a talk to another mode, and bringing in threads that people took along from OpenAI."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import streamlit as st

from components import figures, navigation, state
from components.house import House
from components.modes import LOOKS
from components.plain import plain
from services.address import own_base_url
from services.as_code.records import Program
from services.assistants.records import Assistant, Thread
from services.connections import LOCAL
from services.errors import AppError
from services.migrate.exported import Exported, read
from services.migrate.moving import Moves, as_program
from services.responses.api import ResponsesApi
from services.turns import Mode

MOVED, IMPORTED = "moving-moved", "moving-imported"
THREAD_PARAM = state.THREAD_PARAM


@dataclass(frozen=True, slots=True)
class Moved:
    """A thread that has become a conversation on the server, and the program that goes on with it."""

    thread_id: str
    conversation_id: str
    program: Program | None


def moves(house: House) -> Moves:
    """What moves talks of this person."""
    responses = ResponsesApi(lambda: house.assistants.connection)
    return Moves(house.assistants, responses, house.conversations)


def draw_thread(house: House, thread: Thread, assistants: Sequence[Assistant]) -> bool:
    """Draw where a thread can go; whether the person is done with it. The thread itself stays."""
    assistant = next((a for a in assistants if a.id == thread.assistant_id), None)
    with st.container(border=True):
        st.markdown("**Move a copy to**")
        with st.container(horizontal=True):
            to_chat = _button(Mode.CHAT_COMPLETIONS, f"move-chat-{thread.id}")
            to_responses = _button(Mode.RESPONSES, f"move-responses-{thread.id}")
            is_done = st.button("Close", key=f"move-close-{thread.id}", type="tertiary")
        st.caption(
            "What was said goes along, with pictures and citations. What tools did in between stays here: it led to what was said."
        )
        if to_chat:
            _to_chat(house, thread, assistant)
        if to_responses:
            _to_responses(house, thread, assistant)
        moved: Moved | None = st.session_state.get(MOVED)
        if moved is not None and moved.thread_id == thread.id:
            _draw_moved(moved)
    return is_done


def _button(mode: Mode, key: str) -> bool:
    return st.button(LOOKS[mode].label, icon=LOOKS[mode].icon, key=key)


def _to_chat(house: House, thread: Thread, assistant: Assistant | None) -> None:
    model, instructions = (assistant.model, assistant.instructions) if assistant else ("", "")
    try:
        with st.spinner("Copying what was said"):
            made = moves(house).to_chat(thread, model, LOCAL, instructions)
    except AppError as error:
        st.error(error.user_message, icon=":material/error:")
        return
    st.switch_page(navigation.page("chat"), query_params={state.CONVERSATION_PARAM: made.id})


def _to_responses(house: House, thread: Thread, assistant: Assistant | None) -> None:
    try:
        with st.spinner("Copying what was said"):
            made = moves(house).to_responses(thread)
    except AppError as error:
        st.error(error.user_message, icon=":material/error:")
        return
    written = as_program(assistant, thread, own_base_url(), made.id) if assistant else None
    st.session_state[MOVED] = Moved(thread.id, made.id, written)


def _draw_moved(moved: Moved) -> None:
    st.success("The conversation is on the server. Name it in a request, and the model knows all of it.")
    st.code(moved.conversation_id, language=None, wrap_lines=True)
    if moved.program is None:
        st.caption("The assistant of this thread is gone, so there is no program of it.")
        return
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown("The assistant as a program that goes on with it:", width="stretch")
        st.download_button(
            moved.program.filename,
            moved.program.text,
            moved.program.filename,
            key=f"moved-{moved.conversation_id}",
            icon=":material/download:",
            on_click="ignore",
        )
    for note in moved.program.notes:
        st.caption(f":material/info: {note}")
    st.code(moved.program.text, language=moved.program.language, height=320)


def to_thread(house: House, conversation_id: str) -> None:
    """Make a thread of a conversation of the chat page, and open it."""
    try:
        with st.spinner("Copying what was said"):
            thread = moves(house).to_thread(conversation_id)
    except AppError as error:
        st.error(error.user_message, icon=":material/error:")
        return
    state.forget_assistant()
    st.switch_page(navigation.page("assistant"), query_params={THREAD_PARAM: thread.id})


def draw_import(house: House, assistant: Assistant | None) -> None:
    """Draw the form that brings in threads taken along from OpenAI."""
    with st.expander("Import threads from OpenAI", icon=":material/upload:"):
        st.caption(
            "JSON as OpenAI's API listed a thread's messages, alone, in a list, or one a line. Files that the messages speak of "
            "stayed there."
        )
        file = st.file_uploader(
            "A file with threads", type=["json", "jsonl"], key="threads-import", max_upload_size=64
        )
        if file is None:
            return
        try:
            found = read(file.getvalue())
        except AppError as error:
            st.error(error.user_message, icon=":material/upload_file:")
            return
        _describe(found)
        if st.button(
            f"Import {figures.counted(len(found), 'thread')}", key="threads-import-go", type="primary"
        ):
            _restore(house, found, assistant)


def _describe(found: Sequence[Exported]) -> None:
    messages = sum(len(thread.talk) for thread in found)
    lost = sum(thread.lost_files for thread in found)
    st.markdown(
        f"{figures.counted(len(found), 'thread')} with {figures.counted(messages, 'message')}, beginning with “{plain(found[0].title)}”."
    )
    if lost:
        st.caption(f"{figures.counted(lost, 'file')} stayed behind; pictures are named where they stood.")


def _restore(house: House, found: Sequence[Exported], assistant: Assistant | None) -> None:
    moving, bar = moves(house), st.progress(0.0, text="Importing")
    last: Thread | None = None
    for number, thread in enumerate(found, 1):
        try:
            last = moving.restore(thread, assistant.id if assistant else None)
        except AppError as error:
            st.error(f"“{plain(thread.title)}”: {error.user_message}", icon=":material/error:")
        bar.progress(number / len(found), text=f"Imported {number} of {len(found)}")
    if last is not None:
        state.open_thread(last.id)
        st.rerun()
