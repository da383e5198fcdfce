"""Files on the server, remembered for a while: their bytes never change under their id."""

from __future__ import annotations

import streamlit as st

from components.house import house
from services.errors import AppError

NAMES_KEPT = 2_000
FILES_KEPT = 32
MOST_UPLOAD_MB = 500


def data(file_id: str) -> bytes:
    """The bytes of a file; none when it is gone."""
    try:
        return _data(file_id)
    except AppError:
        return b""


def name(file_id: str) -> str:
    """What a file is called."""
    try:
        return _name(file_id)
    except AppError:
        return "a deleted file"


@st.cache_data(max_entries=FILES_KEPT, show_spinner=False)
def _data(file_id: str) -> bytes:
    return house().assistants.content(file_id)


@st.cache_data(max_entries=NAMES_KEPT, show_spinner=False)
def _name(file_id: str) -> str:
    return house().assistants.file(file_id).filename
