"""The gallery as a grid, searched and turned over."""

from __future__ import annotations

import streamlit as st

from components import figures, state
from components.images.desk import ImagesDesk, thumbnail
from components.plain import plain
from services.media.images.gallery import Picture

AT_ONCE = 12
COLUMNS = 4
SHOWN = "images-shown"


def draw(desk: ImagesDesk) -> None:
    """Every picture, the newest first."""
    total = desk.gallery.count()
    if not total:
        return
    with st.container(horizontal=True, vertical_alignment="bottom"):
        st.subheader("Gallery", anchor=False, width="stretch")
        words = st.text_input(
            "Search",
            key="images-search",
            placeholder="Search prompts",
            label_visibility="collapsed",
            icon=":material/search:",
            width=260,
        )
    shown = st.session_state.get(SHOWN, AT_ONCE)
    found = desk.gallery.page(words or "", limit=shown)
    if not found:
        st.caption(f"No picture was made with “{plain(words)}”. Other words may find it.")
        return
    for first in range(0, len(found), COLUMNS):
        for column, picture in zip(st.columns(COLUMNS), found[first : first + COLUMNS], strict=False):
            with column:
                _draw_one(desk, picture)
    fitting = desk.gallery.count(words or "")
    if fitting > shown and st.button(
        f"Show more of {figures.counted(fitting, 'picture')}",
        key="images-more",
        icon=":material/expand_more:",
    ):
        st.session_state[SHOWN] = shown + AT_ONCE
        st.rerun()


def _draw_one(desk: ImagesDesk, picture: Picture) -> None:
    small = thumbnail(picture.id, desk.gallery)
    st.image(
        small if not small.startswith(b"<svg") else small.decode(),
        width="stretch",
        alt=plain(picture.prompt) or picture.kind,
    )
    is_open = desk.open is not None and desk.open.id == picture.id
    label = plain(picture.prompt)[:40] or picture.kind
    if st.button(
        label,
        key=f"open-{picture.id}",
        width="stretch",
        type="tertiary",
        disabled=is_open,
        help=plain(picture.prompt)[:300],
    ):
        state.open_picture(picture.id)
        st.rerun()
