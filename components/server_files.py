"""Files on the server, remembered for a while: their bytes never change under their id."""

from __future__ import annotations

import streamlit as st

from components.house import house
from components.source_view import Look, show_dialog
from services.documents.views.shapes import Place, View
from services.documents.views.view import view
from services.errors import AppError
from services.turns import Citation

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


def look_into(citation: Citation, gone: str) -> tuple[Look, bytes]:
    """What shows places in the cited file, and its bytes. Looking raises AppError with `gone` when it was deleted."""
    found = data(citation.file_id)

    def look(place: Place) -> View:
        if not found:
            raise AppError(gone)
        return view(found, citation.filename, place, house().viewers)

    return look, found


def show_source(citation: Citation) -> None:
    """The source of a citation, in a dialog."""
    look, file = look_into(citation, "The file is not on the server any more.")
    show_dialog(citation, look, file or None)
