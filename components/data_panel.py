"""What this installation keeps: how much, a copy of everything, and its end."""

from __future__ import annotations

import streamlit as st

from components import figures, state
from components.failures import guarded
from components.house import House
from components.sidebar import Choice
from services.everything import everything

DELETE_WORD = "DELETE"


def draw(house: House, choice: Choice) -> None:
    """Draw sizes, export and deletion."""
    report = house.conversations.storage_report()
    st.markdown(f"Everything is in `{house.settings.home}`. Nothing leaves it but what you send to a model.")
    with st.grid(4, min_column_width=150):
        st.metric("Conversations", f"{report.conversations:,}", border=True)
        st.metric("Turns", f"{report.turns:,}", border=True)
        st.metric("Database", figures.size(report.database_bytes), border=True)
        st.metric("Files", figures.size(report.blobs_bytes), border=True)
    _draw_export(house)
    _draw_delete(house)


def _draw_export(house: House) -> None:
    st.header("A copy of everything", anchor=False)
    st.caption(
        "A ZIP with each conversation as JSON and Markdown, and each comparison, GPT and data set as the file it is shared as. "
        "All of them can be opened again, one by one. Pictures are downloaded from their gallery."
    )
    st.download_button(
        "Export everything",
        lambda: everything(house.conversations, house.comparisons, house.gpts, house.data_sets),
        "tandem-export.zip",
        "application/zip",
        on_click="ignore",
        icon=":material/download:",
    )


def _draw_delete(house: House) -> None:
    st.header("Delete everything", anchor=False)
    st.caption(
        "All conversations, comparisons, attachments, pictures, collections of files, tables, data sets, GPTs and preferences, "
        "for good. "
        "The record of what was spent stays, without any text."
    )
    with st.form("delete-all", border=True):
        word = st.text_input(f"Type {DELETE_WORD} to confirm", autocomplete="off")
        if not st.form_submit_button("Delete everything", icon=":material/delete_forever:"):
            return
    if word != DELETE_WORD:
        st.warning(f"Nothing was deleted: type {DELETE_WORD} in capitals first.", icon=":material/info:")
        return
    count = house.conversations.delete_all()
    house.tables.delete_all()
    house.data_sets.delete_all()
    house.studio.gallery.delete_all()
    with guarded():  # they lie on the server, which may be away
        for collection in house.collections.all():
            house.collections.delete(collection)
    house.preferences.delete_all()
    state.open_conversation(None)
    state.notify(f"{figures.counted(count, 'conversation')} deleted.", ":material/delete_forever:")
    st.rerun()
