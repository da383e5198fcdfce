"""The right of the Files page: the source of a citation, beside the answer."""

from __future__ import annotations

import streamlit as st

from components import server_files, source_view, state
from services.turns import Citation


def shown() -> Citation | None:
    """The citation whose source is open."""
    citation: Citation | None = st.session_state.get(state.SHOWN_SOURCE)
    return citation


def show(citation: Citation | None) -> None:
    """Open the source of a citation; None closes it."""
    st.session_state[state.SHOWN_SOURCE] = citation


def draw(citation: Citation) -> None:
    """The page, the rows or the text where the citation stands, with the passage marked."""
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown("**Source**", width="stretch")
        st.button(
            "Close", key="close-source", icon=":material/close:", type="tertiary", on_click=show, args=(None,)
        )
    look, file = server_files.look_into(citation, "The file is not in the collection any more.")
    source_view.draw(citation, look, key="files", file=file or None)
