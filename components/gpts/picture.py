"""The picture of a GPT: shown in its places, and chosen."""

from __future__ import annotations

import streamlit as st

from components.failures import show
from components.house import House
from components.plain import plain
from services.errors import AppError
from services.gpts.picture import picture_bytes, picture_from
from services.gpts.records import Gpt

MOST_OFFERED = 24


def draw(gpt: Gpt, width_px: int = 64) -> None:
    """Draw the picture, if there is one."""
    if (data := picture_bytes(gpt.picture)) is not None:
        st.image(data, width=width_px, alt=f"The picture of {gpt.name or 'this GPT'}")


def choose(house: House, gpt: Gpt, key: str) -> str | None:
    """Draw the choice of a picture; the new one, "" for none, or None where nothing was chosen."""
    with st.expander("Picture", icon=":material/image:"):
        draw(gpt, 96)
        if gpt.picture and st.button("Remove it", icon=":material/delete:", key=f"no-picture-{key}"):
            return ""
        try:
            return _uploaded(key) or _of_the_gallery(house, key)
        except AppError as error:
            show(error)
    return None


def _uploaded(key: str) -> str | None:
    given = st.file_uploader(
        "Upload one", ["png", "jpg", "jpeg", "webp", "gif"], key=f"picture-{key}", max_upload_size=32
    )
    return None if given is None else picture_from(plain(given.name), given.getvalue())


def _of_the_gallery(house: House, key: str) -> str | None:
    pictures = {picture.id: picture for picture in house.studio.gallery.page(limit=MOST_OFFERED)}
    if not pictures:
        st.caption(
            "Pictures you make on the Images page can be chosen here too, drawn on this machine or elsewhere."
        )
        return None
    chosen = st.selectbox(
        "Or one of your pictures",
        list(pictures),
        index=None,
        format_func=lambda one: pictures[one].prompt[:60] or pictures[one].filename,
        key=f"gallery-{key}",
    )
    return None if chosen is None else picture_from("The picture", house.studio.gallery.data(chosen))
