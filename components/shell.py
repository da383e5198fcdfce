"""The navigation script: page config, logo, the list of pages, and whichever of them is open."""

from __future__ import annotations

import streamlit as st

from components import navigation, redraw, state
from components.failures import guarded

STATIC = navigation.ROOT / "static"

with redraw.whole(), guarded():
    state.hold_typed()
    st.set_page_config(
        page_title="Tandem", page_icon=str(STATIC / "icon.svg"), layout="wide", initial_sidebar_state=320
    )
    st.logo(str(STATIC / "logo.svg"), icon_image=str(STATIC / "icon.svg"), size="large")
    current = st.navigation(navigation.pages(), expanded=True)
    state.show_notice()
    current.run()
