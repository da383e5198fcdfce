"""The saved conversations: the latest in the sidebar, all of them in a dialog with search, import and export."""

from __future__ import annotations

import streamlit as st

from components import figures, moving, state
from components.house import House
from components.plain import plain
from services.errors import AppError
from services.naming import shorten
from services.storage.records import Conversation

RECENT = 6
LISTED = 40
SHOWN_CHARS = 34
UNTITLED = "New conversation"
RENAMING, DELETING = "library-renaming", "library-deleting"


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
    title = plain(shorten(conversation.title or UNTITLED, SHOWN_CHARS))
    here = conversation.id == current
    label = f"**{title}**" if here else title
    if st.button(label, key=f"open-{conversation.id}", type="tertiary", wrap=False):
        state.open_conversation(conversation.id)
        st.rerun()


# Closing runs the page again: the sidebar shows what was renamed or deleted here.
@st.dialog("Conversations", width="medium", icon=":material/manage_search:", on_dismiss="rerun")
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
            title = plain(hit.title or UNTITLED)
            if st.button(
                f"**{title}**", key=f"hit-{hit.turn_id}", type="tertiary", icon=":material/chat_bubble:"
            ):
                house.conversations.select(hit.conversation_id, hit.turn_id)
                _open(hit.conversation_id)
            st.caption(plain(hit.snippet))


def _draw_all(house: House) -> None:
    conversations = house.conversations.list(limit=LISTED)
    if not conversations:
        st.caption("Nothing is saved yet.")
    for conversation in conversations:
        _draw_row(house, conversation)


def _draw_row(house: House, conversation: Conversation) -> None:
    with st.container(horizontal=True, vertical_alignment="center", wrap=False):
        with st.container(gap="xsmall"):
            _draw_title(house, conversation)
            changed = f"{conversation.updated_at.astimezone(state.zone()):%d %b %Y, %H:%M}"
            st.caption(f"{changed} · {figures.counted(conversation.turn_count, 'turn')}")
        choice = st.menu_button(
            "More",
            ["Rename", "Move to Assistant", "Export JSON", "Export Markdown", "Delete"],
            key=f"actions-{conversation.id}",
            type="tertiary",
            icon=":material/more_horiz:",
        )
    _act(house, conversation, choice)
    if st.session_state.get(DELETING) == conversation.id:
        _draw_deletion(house, conversation)


def _draw_title(house: House, conversation: Conversation) -> None:
    if st.session_state.get(RENAMING) != conversation.id:
        title, key = plain(conversation.title or UNTITLED), f"row-{conversation.id}"
        if st.button(title, key=key, type="tertiary", wrap=False):
            _open(conversation.id)
        return
    new = st.text_input(
        "New name",
        conversation.title or "",
        key=f"rename-{conversation.id}",
        max_chars=120,
        label_visibility="collapsed",
    )
    if new and new.strip() and new != (conversation.title or ""):
        house.conversations.rename(conversation.id, new.strip())
        del st.session_state[RENAMING]
        st.rerun(scope="fragment")


def _act(house: House, conversation: Conversation, choice: str | None) -> None:
    name = f"tandem-{conversation.id[-8:]}"
    match choice:
        case "Rename":
            st.session_state[RENAMING] = conversation.id
            st.rerun(scope="fragment")
        case "Move to Assistant":
            moving.to_thread(house, conversation.id)
        case "Export JSON":
            _offer(house.conversations.export_json(conversation.id), f"{name}.json", "application/json")
        case "Export Markdown":
            _offer(house.conversations.export_markdown(conversation.id), f"{name}.md", "text/markdown")
        case "Delete":
            st.session_state[DELETING] = conversation.id
            st.rerun(scope="fragment")


def _offer(data: bytes | str, name: str, media_type: str) -> None:
    st.download_button("Download", data, name, media_type, on_click="ignore", icon=":material/download:")


def _draw_deletion(house: House, conversation: Conversation) -> None:
    with st.container(horizontal=True):
        deleted = st.button(
            "Delete for good",
            key=f"delete-{conversation.id}",
            type="primary",
            icon=":material/delete_forever:",
        )
        kept = st.button("Keep", key=f"keep-{conversation.id}")
    if not deleted and not kept:
        return
    del st.session_state[DELETING]
    if deleted:
        house.conversations.delete(conversation.id)
        if state.conversation_id() == conversation.id:
            _open(None)
    st.rerun(scope="fragment")


def _draw_import(house: House) -> None:
    with st.expander("Import a conversation", icon=":material/upload:"):
        _draw_import_form(house)


def _draw_import_form(house: House) -> None:
    file = st.file_uploader(
        "A file exported from Tandem (JSON or Markdown)",
        type=["json", "md"],
        key="library-import",
        max_upload_size=256,
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
