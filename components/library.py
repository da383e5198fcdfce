"""The saved conversations: the latest in the sidebar, all of them in a dialog with search, import and export."""

from __future__ import annotations

import streamlit as st

from components import state
from components.house import House
from components.markdown import to_markdown
from services.errors import AppError
from services.naming import shorten
from services.storage.records import Conversation

RECENT = 6
LISTED = 40
SHOWN_CHARS = 34
UNTITLED = "New conversation"


def draw_recent(house: House, current: str | None) -> None:
    """Draw the newest conversations in the sidebar."""
    with st.sidebar, st.container(gap="xsmall"):
        if st.button(
            "New conversation", icon=":material/edit_square:", key="new-conversation", width="stretch"
        ):
            state.open_conversation(None)
            st.rerun()
        recent = house.conversations.list(limit=RECENT)
        for conversation in recent:
            _draw_link(conversation, current)
        if not recent:
            st.caption("Each conversation is kept on this machine, and named by the model.")
        elif st.button(
            "All conversations", icon=":material/manage_search:", type="tertiary", key="open-library"
        ):
            _library(house)
    if not recent:
        with st.sidebar, st.expander("Import a conversation", icon=":material/upload:"):
            _draw_import_form(house)


def _draw_link(conversation: Conversation, current: str | None) -> None:
    title = to_markdown(shorten(conversation.title or UNTITLED, SHOWN_CHARS))
    here = conversation.id == current
    label = f"**{title}**" if here else title
    if st.button(label, key=f"open-{conversation.id}", type="tertiary", wrap=False):
        state.open_conversation(conversation.id)
        st.rerun()


@st.dialog("Conversations", width="medium", icon=":material/manage_search:")
def _library(house: House) -> None:
    words = st.text_input(
        "Search in everything said", type="search", live=True, key="library-search", icon=":material/search:"
    )
    if words and words.strip():
        _draw_hits(house, words)
    else:
        _draw_all(house)
    _draw_import(house)


def _draw_hits(house: House, words: str) -> None:
    hits = house.conversations.search(words)
    if not hits:
        st.caption("No message holds these words.")
    for hit in hits:
        with st.container(border=True, gap="xsmall"):
            title = to_markdown(hit.title or UNTITLED)
            if st.button(
                f"**{title}**", key=f"hit-{hit.turn_id}", type="tertiary", icon=":material/chat_bubble:"
            ):
                house.conversations.select(hit.conversation_id, hit.turn_id)
                _open(hit.conversation_id)
            st.caption(to_markdown(hit.snippet))


def _draw_all(house: House) -> None:
    conversations = house.conversations.list(limit=LISTED)
    if not conversations:
        st.caption("Nothing is saved yet.")
    for conversation in conversations:
        _draw_row(house, conversation)


def _draw_row(house: House, conversation: Conversation) -> None:
    title, actions = st.columns([5, 2], vertical_alignment="center")
    renaming = f"rename-{conversation.id}"
    with title:
        if st.session_state.get("library-renaming") == conversation.id:
            new = st.text_input(
                "New name",
                conversation.title or "",
                key=renaming,
                max_chars=120,
                label_visibility="collapsed",
            )
            if new and new != (conversation.title or ""):
                house.conversations.rename(conversation.id, new)
                del st.session_state["library-renaming"]
                st.rerun(scope="fragment")
        elif st.button(
            to_markdown(conversation.title or UNTITLED),
            key=f"row-{conversation.id}",
            type="tertiary",
            wrap=False,
        ):
            _open(conversation.id)
        st.caption(
            f"{conversation.updated_at.astimezone():%d %b %Y, %H:%M} · {conversation.turn_count} turns"
        )
    with actions, st.container(horizontal=True, horizontal_alignment="right"):
        _draw_actions(house, conversation)


def _turns(count: int) -> str:
    return f"{count:,} turn" if count == 1 else f"{count:,} turns"


def _draw_actions(house: House, conversation: Conversation) -> None:
    options = ["Rename", "Export JSON", "Export Markdown", "Delete"]
    choice = st.menu_button(
        "More", options, key=f"actions-{conversation.id}", type="tertiary", icon=":material/more_horiz:"
    )
    name = f"tandem-{conversation.id[-8:]}"
    match choice:
        case "Rename":
            st.session_state["library-renaming"] = conversation.id
            st.rerun(scope="fragment")
        case "Export JSON":
            data = house.conversations.export_json(conversation.id)
            st.download_button(
                "Download",
                data,
                f"{name}.json",
                "application/json",
                on_click="ignore",
                icon=":material/download:",
            )
        case "Export Markdown":
            text = house.conversations.export_markdown(conversation.id)
            st.download_button(
                "Download", text, f"{name}.md", "text/markdown", on_click="ignore", icon=":material/download:"
            )
        case "Delete":
            st.session_state["library-deleting"] = conversation.id
            st.rerun(scope="fragment")
    if st.session_state.get("library-deleting") == conversation.id:
        if st.button(
            "Delete for good",
            key=f"delete-{conversation.id}",
            type="primary",
            icon=":material/delete_forever:",
        ):
            house.conversations.delete(conversation.id)
            del st.session_state["library-deleting"]
            if state.conversation_id() == conversation.id:
                _open(None)
            st.rerun(scope="fragment")
        if st.button("Keep", key=f"keep-{conversation.id}"):
            del st.session_state["library-deleting"]
            st.rerun(scope="fragment")


def _draw_import(house: House) -> None:
    with st.expander("Import a conversation", icon=":material/upload:"):
        _draw_import_form(house)


def _draw_import_form(house: House) -> None:
    file = st.file_uploader(
        "A file exported from Tandem (JSON or Markdown)", type=["json", "md"], key="library-import"
    )
    if file is not None and st.button("Import", key="library-import-go", type="primary"):
        try:
            _open(import_file(house, file.name, file.getvalue()).id)
        except AppError as error:
            st.error(error.user_message, icon=":material/upload_file:")


def import_file(house: House, name: str, data: bytes) -> Conversation:
    """A conversation from an exported file; the ending says which format. Raises InvalidInput."""
    if name.lower().endswith(".md"):
        return house.conversations.import_markdown(data.decode("utf-8", errors="replace"))
    return house.conversations.import_json(data)


def _open(conversation_id: str | None) -> None:
    state.open_conversation(conversation_id)
    st.rerun()
