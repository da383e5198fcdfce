"""A picture of one's own, cleaned and put into the gallery."""

from __future__ import annotations

import streamlit as st

from components import state
from components.failures import guarded
from components.images.desk import ImagesDesk
from services.documents.filenames import clean_filename
from services.documents.images import read_image

ROUND = "images-bringing"
MOST_MB = 32


def draw(desk: ImagesDesk) -> None:
    """The place to drop a picture; it is turned upright and freed of metadata, its place included, before it is kept."""
    number = st.session_state.get(ROUND, 0)
    file = st.file_uploader(
        "Bring a picture", type=["png", "jpg", "jpeg", "webp", "gif"], key=f"bring-{number}", max_upload_size=MOST_MB,
        help="Where and when it was taken is removed before it is kept.",
    )  # fmt: skip
    if file is None:
        return
    with guarded():
        name = clean_filename(file.name)
        media_type, data = read_image(name, file.getvalue())
        picture = desk.studio.keep(data, media_type, name)
        st.session_state[ROUND] = number + 1
        state.open_picture(picture.id)
        st.rerun()
