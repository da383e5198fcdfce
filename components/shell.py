"""The navigation script: page config, logo, the list of pages, and whichever of them is open."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from components import state
from components.failures import guarded

ROOT = Path(__file__).parent.parent
STATIC = ROOT / "static"

st.set_page_config(page_title="Tandem", page_icon=str(STATIC / "icon.svg"), layout="wide")
st.logo(str(STATIC / "logo.svg"), icon_image=str(STATIC / "icon.svg"), size="large")


def page(name: str, title: str, icon: str, help_text: str, *, default: bool = False) -> st.Page:
    """A page of the navigation, from its script in pages/."""
    path = None if default else name
    return st.Page(
        ROOT / "pages" / f"{name}.py", title=title, icon=icon, help=help_text, url_path=path, default=default
    )


PAGES = {
    "": [
        page(
            "home",
            "Home",
            ":material/home:",
            "What Tandem is, and the state of this installation.",
            default=True,
        )
    ],
    "Talk": [
        page(
            "chat",
            "Chat",
            ":material/chat_bubble:",
            "Chat Completions: you send the whole history each turn.",
        )
    ],
    "Manage": [page("settings", "Settings", ":material/settings:", "Connections, keys, budgets, data.")],
}

current = st.navigation(PAGES)
with guarded():
    state.show_notice()
    current.run()
