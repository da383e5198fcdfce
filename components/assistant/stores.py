"""Vector stores: make, give to the assistant, watch, search by hand, let expire, delete."""

from __future__ import annotations

import streamlit as st

from components import figures, server_files, state
from components.assistant import progress
from components.assistant.desk import Desk
from components.failures import show
from components.plain import plain, plain_lines
from services.assistants.records import Hit, Store
from services.errors import AppError

MOST_DAYS = 365
HIT_CHARS = 700


@st.dialog("Vector stores", width="large", icon=":material/database:", on_dismiss="rerun")
def manage(desk: Desk) -> None:
    """Every vector store of the server."""
    st.caption("A vector store holds documents cut into passages, found by their words and by their meaning.")
    try:
        stores = desk.house.assistants.stores()
        _draw_making(desk)
        for store in stores:
            _draw(desk, store)
        if not stores:
            st.info(
                "There is none yet. Make one here, or attach a document to a message.",
                icon=":material/database:",
            )
    except AppError as error:
        show(error)


def _draw_making(desk: Desk) -> None:
    with st.form("new-store", clear_on_submit=True, border=False):
        left, right = st.columns([3, 1], vertical_alignment="bottom")
        name = left.text_input("New store", max_chars=256, placeholder="Manuals")
        if right.form_submit_button("Make", icon=":material/add:", width="stretch"):
            desk.house.assistants.create_store((name or "").strip() or "Unnamed store")
            st.rerun(scope="fragment")


def _draw(desk: Desk, store: Store) -> None:
    total = store.counts.get("total", 0)
    title = f"{plain(store.name) or 'Unnamed store'} · {figures.counted(total, 'file')} · {figures.size(store.usage_bytes)}"
    expired = " · expired" if store.status == "expired" else ""
    with st.expander(title + expired, icon=":material/database:", key=f"store-{store.id}"):
        _draw_dates(store)
        if store.status != "expired":
            _draw_files(desk, store)
            _draw_search(desk, store)
        _draw_actions(desk, store)


def _draw_dates(store: Store) -> None:
    used = store.last_active_at.astimezone(state.zone()) if store.last_active_at else None
    bits = [f"`{store.id}`", f"last used {used:%d %b %Y, %H:%M}" if used else ""]
    if store.expires_at:
        bits.append(f"expires {store.expires_at.astimezone(state.zone()):%d %b %Y, %H:%M}")
    st.caption(" · ".join(bit for bit in bits if bit))


def _draw_files(desk: Desk, store: Store) -> None:
    api = desk.house.assistants
    progress.draw_rows(
        lambda: api.store_files(store.id),
        lambda file_id: api.take_from_store(store.id, file_id),
        f"take-{store.id}",
    )
    uploaded = st.file_uploader(
        "Add files",
        accept_multiple_files=True,
        key=f"add-{store.id}",
        max_upload_size=server_files.MOST_UPLOAD_MB,
    )
    if uploaded and st.button("Upload", key=f"upload-{store.id}", icon=":material/upload:", type="primary"):
        with st.spinner("Uploading"):
            for file in uploaded:
                made = desk.house.assistants.upload(file.name, file.getvalue())
                desk.house.assistants.add_to_store(store.id, made.id)
        st.rerun(scope="fragment")


def _draw_search(desk: Desk, store: Store) -> None:
    left, right = st.columns([3, 1], vertical_alignment="bottom")
    query = left.text_input("Search by hand", key=f"search-{store.id}", icon=":material/search:")
    threshold = right.slider("Least score", 0.0, 1.0, 0.0, 0.05, key=f"threshold-{store.id}")
    if not query:
        return
    hits = desk.house.assistants.search(store.id, query, threshold=threshold)
    if not hits:
        st.caption("No passage reaches this score.")
    for hit in hits:
        _draw_hit(hit)


def _draw_hit(hit: Hit) -> None:
    with st.container(border=True, gap="xsmall"):
        st.markdown(
            f"**{plain(hit.filename)}** :gray-badge[score {hit.score:.2f}]"
            + (f" :gray-badge[page {hit.page}]" if hit.page else "")
        )
        st.caption(plain_lines(hit.text[:HIT_CHARS] + ("…" if len(hit.text) > HIT_CHARS else "")))


def _draw_actions(desk: Desk, store: Store) -> None:
    api, assistant = desk.house.assistants, desk.assistant
    days = st.number_input(
        "Expires after idle days (0 is never)",
        0,
        MOST_DAYS,
        store.expires_after_days or 0,
        key=f"days-{store.id}",
    )
    with st.container(horizontal=True):
        if days != (store.expires_after_days or 0) and st.button("Set", key=f"expire-{store.id}"):
            api.change_store(store.id, store.name, int(days) or None)
            st.rerun(scope="fragment")
        if assistant is not None and assistant.store_id != store.id and store.status != "expired":
            name = plain(assistant.name) or "the assistant"
            if st.button(f"Give to {name}", key=f"attach-{store.id}", icon=":material/link:"):
                resources = {"file_search": {"vector_store_ids": [store.id]}}
                api.update_assistant(assistant.id, {"tool_resources": resources})
                st.rerun(scope="fragment")
        if st.button("Delete for good", key=f"delete-{store.id}", icon=":material/delete_forever:"):
            api.delete_store(store.id)
            st.rerun(scope="fragment")
