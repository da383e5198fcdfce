"""The picture that is open: itself, how it came about, and what can be done with it."""

from __future__ import annotations

import streamlit as st

from components import figures, navigation, state
from components.failures import guarded
from components.images.desk import ImagesDesk, picture_data, thumbnail
from components.plain import plain
from services.media.images.gallery import Picture
from services.media.images.metadata import with_metadata

QUESTION = "What is in this picture?"


def draw(desk: ImagesDesk, picture: Picture) -> None:
    """The open picture with what belongs to it."""
    data = picture_data(picture.id, desk.gallery)
    _draw_batch(desk, picture)
    st.image(
        data if not data.startswith(b"<svg") else data.decode(),
        width="stretch",
        alt=plain(picture.prompt) or "A picture",
    )
    draw_below(desk, picture)


def draw_below(desk: ImagesDesk, picture: Picture) -> None:
    """Facts, actions and lineage of the open picture."""
    data = picture_data(picture.id, desk.gallery)
    _draw_facts(picture)
    with st.container(horizontal=True):
        st.download_button(
            "Download", lambda: with_metadata(data, picture.facts), picture.filename, picture.media_type, icon=":material/download:",
            on_click="ignore", help="Prompt, model and parameters are written into the file.", key="images-download",
        )  # fmt: skip
        with st.popover(
            "To the chat", icon=":material/chat_bubble:", help="Ask a model about it in a conversation"
        ):
            _draw_sending(picture, data)
        with st.popover("Compare", icon=":material/compare:"):
            _draw_choosing(desk, picture)
        with st.popover("Delete", icon=":material/delete:"):
            st.caption("The picture and its bytes go for good. What was made from it stays.")
            if st.button("Delete for good", icon=":material/delete_forever:", key="images-delete"):
                with guarded():
                    desk.gallery.delete(picture.id)
                    state.open_picture(None)
                    state.notify("The picture was deleted.", ":material/delete:")
                    st.rerun()
    _draw_lineage(desk, picture)


def _draw_batch(desk: ImagesDesk, picture: Picture) -> None:
    """The pictures that were made together, to choose from."""
    batch = [one for one in st.session_state.get("images-batch", []) if one]
    if picture.id not in batch or len(batch) < 2:
        return
    names = {picture_id: f"Picture {number}" for number, picture_id in enumerate(batch, 1)}
    chosen = st.segmented_control(
        "Made together",
        batch,
        default=picture.id,
        format_func=names.get,
        key=f"batch-{picture.id}",
        label_visibility="collapsed",
    )
    if chosen and chosen != picture.id:
        state.open_picture(chosen)
        st.rerun()


def _draw_facts(picture: Picture) -> None:
    badge = (
        ":green-badge[:material/draw: illustration, local, free]"
        if picture.model == "fluent-emoji-flat"
        else f":gray-badge[{plain(picture.model or picture.kind)}]"
    )
    cost = (
        ""
        if picture.cost_usd == 0
        else f" · {figures.money(picture.cost_usd)}"
        if picture.cost_usd is not None
        else " · cost unknown"
    )
    st.markdown(f"{badge} {picture.width} × {picture.height} · {figures.size(picture.size_bytes)}{cost}")
    st.markdown(f"**{plain(picture.prompt)[:400] or 'No words'}**")
    if said := picture.parameters.get("said"):
        st.caption(plain(str(said)))


def _draw_sending(picture: Picture, data: bytes) -> None:
    with st.form("picture-to-chat", border=False):
        question = st.text_input("What do you want to ask about it?", QUESTION)
        if st.form_submit_button("Send", icon=":material/send:", type="primary"):
            state.bring(question or QUESTION, picture.filename, data)
            st.switch_page(navigation.page("chat"))


def _draw_choosing(desk: ImagesDesk, picture: Picture) -> None:
    others = [one for one in desk.gallery.page(limit=40) if one.id != picture.id]
    if not others:
        st.caption("There is no other picture yet.")
        return
    names = {one.id: f"{one.prompt[:50] or one.kind} ({one.created_at:%H:%M})" for one in others}
    chosen = st.selectbox("With", list(names), format_func=names.get, key="images-compare-with")
    if st.button("Side by side", key="images-compare", icon=":material/compare:"):
        st.session_state["images-compared"] = (picture.id, chosen)
        st.rerun()


def draw_comparison(desk: ImagesDesk) -> None:
    """Two pictures side by side, until that is closed."""
    pair = st.session_state.get("images-compared")
    if not pair:
        return
    with st.container(border=True), guarded():
        with st.container(horizontal=True, vertical_alignment="center"):
            st.subheader("Side by side", anchor=False, width="stretch")
            if st.button("Close", icon=":material/close:", key="images-compared-close"):
                st.session_state.pop("images-compared")
                st.rerun()
        for column, picture_id in zip(st.columns(2), pair, strict=True):
            picture = desk.gallery.get(picture_id)
            with column:
                st.image(picture_data(picture.id, desk.gallery), width="stretch", alt=plain(picture.prompt))
                st.markdown(f"**{plain(picture.prompt)[:200]}**")
                facts = {
                    "Model": picture.model or "none",
                    "Size": f"{picture.width} × {picture.height}",
                    **{k.capitalize(): str(v) for k, v in picture.parameters.items() if k != "said"},
                }
                st.table(facts, border="horizontal")


def _draw_lineage(desk: ImagesDesk, picture: Picture) -> None:
    line, children = desk.gallery.lineage(picture.id), desk.gallery.children(picture.id)
    if len(line) < 2 and not children:
        return
    with st.expander("How it came about", icon=":material/account_tree:", key=f"lineage-{picture.id}"):
        shown = [(one, "from" if one.id != picture.id else "this one") for one in line] + [
            (one, "made from it") for one in children
        ]
        for one, role in shown:
            with st.container(horizontal=True, vertical_alignment="center"):
                st.image(thumbnail(one.id, desk.gallery), width=72, alt=plain(one.prompt))
                st.markdown(f"{plain(one.prompt)[:120]}  \n:gray[{role} · {one.kind}]", width="stretch")
                if one.id != picture.id and st.button("Open", key=f"open-line-{one.id}"):
                    state.open_picture(one.id)
                    st.rerun()
