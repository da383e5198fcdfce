"""The pages there are, in the groups the sidebar shows."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import streamlit as st

ROOT = Path(__file__).parent.parent


@dataclass(frozen=True, slots=True)
class PageSpec:
    """A page: its script's name, which is also its address, and how it is shown."""

    name: str
    title: str
    icon: str
    help: str


HOME = "home"
GROUPS: dict[str, tuple[PageSpec, ...]] = {
    "": (PageSpec(HOME, "Home", ":material/home:", "What Tandem is, and the state of this installation."),),
    "Talk": (
        PageSpec("chat", "Chat", ":material/chat_bubble:", "Chat Completions: you send all of it each time."),
        PageSpec("assistant", "Assistant", ":material/smart_toy:", "Assistants: the server remembers."),
    ),
    "Work": (
        PageSpec("files", "Files", ":material/folder_open:", "Ask PDFs and tables, and check each answer."),
    ),
    "Manage": (
        PageSpec("settings", "Settings", ":material/settings:", "Connections, keys, budgets, your data."),
    ),
}


def page(name: str) -> st.Page:
    """The page called `name`, for navigation and links."""
    spec = next(spec for group in GROUPS.values() for spec in group if spec.name == name)
    script = ROOT / "pages" / f"{name}.py"
    path = None if name == HOME else name
    return st.Page(
        script, title=spec.title, icon=spec.icon, help=spec.help, url_path=path, default=name == HOME
    )


def pages() -> dict[str, list[st.Page]]:
    """Every page by group, as st.navigation takes them."""
    return {group: [page(spec.name) for spec in specs] for group, specs in GROUPS.items()}
