"""Which collection is open, what is in it, and how far its reading has come."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import streamlit as st

from components import figures, server_files, state
from components.assistant import progress
from components.failures import guarded, show
from components.files import table_list
from components.files.desk import FilesDesk
from components.plain import plain
from services.assistants.records import StoreFile
from services.documents.unlocking import unlocked
from services.errors import AppError
from services.files.collections import MAX_NAME_CHARS, Collection
from services.retrieval import questions

KINDS = [
    "pdf", "txt", "md", "html", "docx", "pptx", "json", "jsonl", "csv", "tsv", "xlsx", "xlsm", "ndjson",
    "py", "js", "ts", "java", "c", "cpp", "go", "rs", "rb", "sh", "sql", "css", "tex",
]  # fmt: skip
TABLES = (".csv", ".tsv", ".xlsx", ".xlsm", ".jsonl", ".ndjson")
FIRST_NAME = "My files"
UPLOADS = "files-uploads"


def draw_choice(desk: FilesDesk) -> None:
    """Which collection is open, and what can be done with collections."""
    with st.container(horizontal=True, vertical_alignment="center", width="content"):
        by_id = {one.id: one for one in desk.collections}
        if desk.collection is not None:
            key = f"collection-{desk.collection.id}"
            st.selectbox(
                "Collection",
                list(by_id),
                index=list(by_id).index(desk.collection.id),
                format_func=lambda one: by_id[one].name,
                key=key,
                on_change=_open,
                args=(key,),
                label_visibility="collapsed",
                width=260,
            )
            with st.popover("", icon=":material/more_vert:", help="Rename or delete this collection"):
                _draw_actions(desk, desk.collection)
        # A new one has been made when another is open; a popover of another key is closed.
        key = f"new-collection-{desk.collection.id if desk.collection else None}"
        with st.popover("New collection", icon=":material/create_new_folder:", key=key):
            _draw_making(desk)


def _open(key: str) -> None:
    state.open_collection(st.session_state[key])


def _draw_making(desk: FilesDesk) -> None:
    with st.form("new-collection", border=False, clear_on_submit=True):
        name = st.text_input("Name", max_chars=MAX_NAME_CHARS, placeholder="Contracts 2026")
        if st.form_submit_button("Make", icon=":material/add:", type="primary"):
            _make(desk, name or "")


def _make(desk: FilesDesk, name: str) -> None:
    try:
        state.open_collection(desk.house.collections.create(name).id)
    except AppError as error:
        show(error)
    else:
        st.rerun()


def _draw_actions(desk: FilesDesk, collection: Collection) -> None:
    name = st.text_input("Name", collection.name, max_chars=MAX_NAME_CHARS, key=f"rename-{collection.id}")
    if name and name != collection.name and st.button("Rename", key=f"do-rename-{collection.id}"):
        desk.house.collections.rename(collection, name)
        st.rerun()
    if desk.turns and st.button("Forget what was asked", icon=":material/delete_sweep:", key="forget-asked"):
        desk.house.asking.forget(collection)
        st.rerun()
    st.caption(
        f"Deleting takes its {figures.counted(collection.file_count, 'file')} and all answers with it."
    )
    if st.button("Delete for good", icon=":material/delete_forever:", key=f"delete-{collection.id}"):
        desk.house.asking.forget(collection)
        desk.house.tables.delete_collection(collection.id)
        questions.forget(desk.house.preferences, collection.id)
        desk.house.collections.delete(collection)
        state.open_collection(None)
        st.rerun()


def draw_files(desk: FilesDesk, collection: Collection) -> None:
    """The files of a collection with how far they are, and the place to add some; folded when there is something to read."""
    count = desk.file_count
    with st.expander(
        figures.counted(count, "file") if count else "Add files",
        icon=":material/folder_open:",
        expanded=not desk.turns,
        key=f"shelf-{collection.id}-{bool(desk.turns)}",
    ):
        _draw_files(desk, collection)


def _draw_files(desk: FilesDesk, collection: Collection) -> None:
    api = desk.house.collections
    if collection.file_count:
        progress.draw_rows(
            lambda: api.files(collection.id), lambda file: api.remove(collection.id, file), "shelf"
        )
        locked = [file for file in api.files(collection.id) if file.needs_password]
        for file in locked:
            _draw_password(desk, collection, file)
    if desk.tables:
        table_list.draw(desk, collection.id)
    number = st.session_state.get(UPLOADS, 0)
    uploaded = st.file_uploader(
        "Add files",
        type=KINDS,
        accept_multiple_files=True,
        key=f"add-{collection.id}-{number}",
        max_upload_size=server_files.MOST_UPLOAD_MB,
        label_visibility="collapsed" if desk.file_count else "visible",
    )
    if uploaded:
        add(desk, collection, uploaded)
        st.session_state[UPLOADS] = number + 1
        st.rerun()


def _draw_password(desk: FilesDesk, collection: Collection, file: StoreFile) -> None:
    """A protected PDF: its password makes an unprotected copy here, and is kept nowhere."""
    name = server_files.name(file.id)
    with st.form(f"password-{file.id}", border=True):
        st.markdown(f":material/lock: **{plain(name)}** opens with a password.")
        password = st.text_input("Password", type="password", autocomplete="off")
        st.caption(
            "It is used once, to make a copy without protection for this collection, and kept nowhere."
        )
        if not st.form_submit_button("Unlock", icon=":material/lock_open:"):
            return
    with guarded(), st.spinner("Unlocking"):
        plain_pdf = unlocked(server_files.data(file.id), name, password or "", desk.house.viewers)
        desk.house.collections.remove(collection.id, file.id)
        desk.house.collections.add(collection.id, name, plain_pdf)
        st.rerun()


def add(desk: FilesDesk, collection: Collection, uploaded: Sequence[Any]) -> None:
    """Put files into a collection; what could not be taken, or was there, is said after the next run."""
    there, refused = [], []
    bar = st.progress(0.0, "Uploading")
    for number, file in enumerate(uploaded):
        bar.progress(number / len(uploaded), f"Uploading {plain(file.name)}")
        try:
            was_there = _add(desk, collection, file)
        except AppError as error:
            refused.append(error.user_message)
        else:
            there += [file.name] if was_there else []
    if there:
        names = ", ".join(map(plain, there[:5])) + (" and others" if len(there) > 5 else "")
        state.notify(f"In the collection already, with the same content: {names}.", ":material/content_copy:")
    if refused:
        state.fail("  \n".join(map(plain, refused)))


def _add(desk: FilesDesk, collection: Collection, file: Any) -> bool:
    """Whether the file was there already. Tables are asked in SQL, anything else is searched."""
    if file.name.lower().endswith(TABLES):
        known = {table.id for table in desk.house.tables.list(collection.id)}
        return desk.house.tables.add(collection.id, file.name, file).id in known
    return desk.house.collections.add(collection.id, file.name, file.getvalue()).was_there
