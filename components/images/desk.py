"""What the parts of the Images page share: the house, the choice of model, the picture that is open."""

from __future__ import annotations

from dataclasses import dataclass

import streamlit as st

from components import state
from components.house import House
from components.sidebar import Choice
from services.clients import Connection
from services.errors import NotFound
from services.media.images.gallery import Gallery, Picture
from services.media.images.pictures import read_picture, written
from services.media.images.studio import LOCAL_MODEL, Studio

THUMBNAIL_PX = 360


@dataclass(frozen=True, slots=True)
class ImagesDesk:
    """One run of the page."""

    house: House
    choice: Choice
    open: Picture | None

    def connection_for(self, model: str) -> Connection:
        """Where a picture model answers: the illustrator on our own server, any other where the sidebar says."""
        return self.house.assistants.connection if model == LOCAL_MODEL else self.choice.connection

    @property
    def gallery(self) -> Gallery:
        return self.house.studio.gallery

    @property
    def studio(self) -> Studio:
        return self.house.studio


def open_desk(house: House, choice: Choice) -> ImagesDesk:
    """The desk with the picture that the address names, if there still is one."""
    picture_id = state.picture_id()
    try:
        picture = house.studio.gallery.get(picture_id) if picture_id else None
    except NotFound:
        state.open_picture(None)
        picture = None
    return ImagesDesk(house, choice, picture)


@st.cache_data(max_entries=400, show_spinner=False)
def thumbnail(picture_id: str, _gallery: Gallery) -> bytes:
    """A small WebP of a picture for the grid."""
    data = _gallery.data(picture_id)
    return data if data.startswith(b"<svg") else small(data)


def small(data: bytes) -> bytes:
    """A picture of at most 360 px as WebP."""
    return written(read_picture("The picture", data, longest_side_px=THUMBNAIL_PX), "webp", 84)


@st.cache_data(max_entries=24, show_spinner=False)
def picture_data(picture_id: str, _gallery: Gallery) -> bytes:
    """The bytes of a picture, which never change."""
    return _gallery.data(picture_id)
