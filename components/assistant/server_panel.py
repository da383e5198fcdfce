"""On the server: what it holds, and what the model was sent beside what the client sent."""

from __future__ import annotations

import json
from typing import Any

import streamlit as st

from components import figures, server_files
from components.assistant import progress, run_panel
from components.assistant.desk import Desk
from components.failures import show
from components.plain import plain, plain_lines
from components.redraw import watched
from services.assistants.records import Store
from services.errors import AppError
from services.turns import Turn

SHOWN_CHARS = 500
SHORT_ID_CHARS = 11
ROLES = {
    "system": (":material/tune:", "instructions"),
    "user": (":material/person:", "person"),
    "assistant": (":material/smart_toy:", "assistant"),
    "tool": (":material/build:", "tool"),
}

Wire = dict[str, Any]


def draw(desk: Desk) -> run_panel.Following:
    """Draw the panel; what it gives follows a run that is going on."""
    turn = desk.turns[-1] if desk.turns else None
    run, held, sent = st.tabs(["The run", "What it holds", "What was sent"], key="server-tabs")
    with run:
        slot = st.empty()
        following = run_panel.Following(slot)
        if turn is not None:
            following.follow(turn)
        else:
            with slot.container():
                run_panel.draw(None)
        if turn and turn.run and turn.run.state == "requires_action" and turn.run.expires_at:
            run_panel.draw_countdown(turn.run.expires_at)
    with held:
        _draw_held(desk)
    with sent:
        _draw_sent(desk, turn)
    return following


# --- what it holds --------------------------------------------------------------------------


def _draw_held(desk: Desk) -> None:
    thread, assistant = desk.thread, desk.assistant
    if thread is None:
        st.caption("Nothing yet. With your first message the server makes a thread, and keeps it.")
        return
    rows = {
        "Thread": f"`{thread.id}`",
        "Messages": _messages(desk),
        "Assistant": f"`{assistant.id}`" if assistant else "–",
        "Files for code": ", ".join(plain(server_files.name(i)) for i in thread.code_file_ids),
    }
    st.markdown("  \n".join(f"**{name}**  \n{value}" for name, value in rows.items() if value))
    stores = [i for i in (thread.store_id, assistant.store_id if assistant else None) if i]
    for store_id in stores:
        _draw_store(desk, store_id, of_thread=store_id == thread.store_id)
    if not stores:
        st.caption("No vector store. One is made when you attach a document that file search reads.")


def _messages(desk: Desk) -> str:
    shown = figures.counted(sum(2 if turn.text else 1 for turn in desk.turns), "message")
    return f"{shown} shown here, and earlier ones" if desk.has_earlier else shown


def _draw_store(desk: Desk, store_id: str, *, of_thread: bool) -> None:
    try:
        store, files = desk.house.assistants.store(store_id), desk.house.assistants.store_files(store_id)
    except AppError as error:
        show(error)
        return
    with st.container(border=True):
        st.markdown(
            f":material/database: **{plain(store.name) or 'Vector store'}** {_of(store, of_thread=of_thread)}"
        )
        if any(progress.is_under_way(file) for file in files):
            _watch(desk, store_id)
        else:
            progress.draw(files)


def _of(store: Store, *, of_thread: bool) -> str:
    whose = "of this thread" if of_thread else "of the assistant"
    size = figures.size(store.usage_bytes)
    return f":gray-badge[{whose}] :gray-badge[{size}]"


@watched(progress.WATCH_S)
def _watch(desk: Desk, store_id: str) -> None:
    """The files of a store until all of them are read; then the page is drawn again."""
    files = desk.house.assistants.store_files(store_id)
    progress.draw(files)
    if not any(progress.is_under_way(file) for file in files):
        st.rerun()


# --- what was sent --------------------------------------------------------------------------


def _draw_sent(desk: Desk, turn: Turn | None) -> None:
    if desk.thread is None or turn is None or turn.run is None:
        st.caption(
            "Here you see the two short requests your program sends, and what the server makes of them."
        )
        return
    _draw_client_side(desk, turn)
    try:
        prompts = desk.house.assistants.prompts(desk.thread.id, turn.run.run_id)
    except AppError as error:
        show(error)
        return
    _draw_model_side(prompts)


def _draw_client_side(desk: Desk, turn: Turn) -> None:
    message = {"role": "user", "content": turn.user.content}
    run = {"assistant_id": desk.assistant.id if desk.assistant else "asst_…", "stream": True}
    size = sum(len(json.dumps(body, ensure_ascii=False).encode()) for body in (message, run))
    st.markdown(f"**Your program sent** :violet-badge[{figures.size(size)}]")
    lines = [
        f"POST /threads/{_short(turn.conversation_id)}/messages",
        json.dumps(message, ensure_ascii=False)[:SHOWN_CHARS],
        f"POST /threads/{_short(turn.conversation_id)}/runs",
        json.dumps({**run, "assistant_id": _short(str(run["assistant_id"]))}, ensure_ascii=False),
    ]
    st.code("\n".join(lines), language="http", wrap_lines=True)


def _short(object_id: str) -> str:
    """An id as far as it tells what it is of: the whole of it would fill the panel."""
    return object_id if len(object_id) <= SHORT_ID_CHARS else f"{object_id[:SHORT_ID_CHARS]}…"


def _draw_model_side(prompts: list[Wire]) -> None:
    if not prompts:
        st.caption("The model has not been asked yet.")
        return
    st.markdown(f"**The server sent the model** :gray-badge[{figures.counted(len(prompts), 'request')}]")
    last = prompts[-1]
    st.caption(
        f"The last one: {figures.counted(len(last['messages']), 'message')}, about {last['tokens']:,} tokens"
        + (f", {figures.counted(last['tools'], 'tool')}" if last["tools"] else "")
        + "."
    )
    if last["omitted"]:
        st.caption(
            f":material/content_cut: {figures.counted(last['omitted'], 'earlier message')} did not fit and stayed out."
        )
    for message in last["messages"]:
        _draw_message(message)


def _draw_message(message: Wire) -> None:
    icon, who = ROLES.get(message["role"], (":material/chat:", message["role"]))
    content = message.get("content") or ""
    text = (
        content if isinstance(content, str) else "\n".join(part.get("text", "[picture]") for part in content)
    )
    for call in message.get("tool_calls") or ():
        text += f"\n{call['function']['name']}({call['function']['arguments']})"
    cut = text[:SHOWN_CHARS] + ("…" if len(text) > SHOWN_CHARS else "")
    with st.container(border=True, gap="xsmall"):
        st.caption(f"{icon} {who}")
        st.markdown(plain_lines(cut.strip()) or "–")
