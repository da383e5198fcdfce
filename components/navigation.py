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
        PageSpec(
            "compare", "Compare", ":material/view_column:", "One message to several modes, side by side."
        ),
    ),
    "Work": (
        PageSpec("files", "Files", ":material/folder_open:", "Ask PDFs and tables, and check each answer."),
        PageSpec("images", "Images", ":material/image:", "Make, change and ask about pictures."),
        PageSpec("voice", "Voice", ":material/mic:", "Talk and hear the answer; transcribe recordings."),
    ),
    "Build": (
        PageSpec("gpts", "GPTs", ":material/deployed_code:", "Assistants of your own, to run in any mode."),
        PageSpec(
            "finetune",
            "Fine-tuning",
            ":material/model_training:",
            "Examples, training, and what to do instead.",
        ),
    ),
    "Learn": (
        PageSpec(
            "learn", "Lessons", ":material/school:", "Twelve topics, five minutes each, with code that runs."
        ),
        PageSpec("lab", "Lab", ":material/science:", "Best practices, measured on your own prompts."),
    ),
    "Manage": (
        PageSpec("usage", "Usage", ":material/bar_chart:", "What was spent, budgets, limits, prices."),
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
