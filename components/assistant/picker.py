"""The head of the assistant page: which assistant, and what can be done with it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import streamlit as st

from components import state
from components.assistant import editor, exchange
from components.assistant.desk import Desk
from components.plain import plain
from services.assistants.records import Assistant

MENU = {
    "New": ":material/add: New assistant",
    "Duplicate": ":material/content_copy: Duplicate",
    "Export": ":material/download: Export",
    "Import": ":material/upload: Import",
    "Delete": ":material/delete: Delete",
}
UNNAMED = "Unnamed assistant"


def draw(desk: Desk) -> bool:
    """Draw the choice of assistant and its menu; whether the person wants to see the server's side."""
    names = _labels(desk.assistants)
    ids, key = list(names), f"pick-assistant-{desk.assistant.id if desk.assistant else ''}-{len(names)}"
    current = desk.assistant
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        if current is not None:
            st.selectbox(
                "Assistant",
                ids,
                index=ids.index(current.id),
                format_func=lambda i: names.get(i, UNNAMED),
                key=key,
                on_change=lambda: choose(st.session_state[key]),
                label_visibility="collapsed",
                width=320,
            )
            if st.button("Edit", icon=":material/edit:", key="edit-assistant"):
                editor.edit(desk, current)
        menu = MENU if current is not None else {name: MENU[name] for name in ("New", "Import")}
        did = st.menu_button(
            "More" if current is not None else "Assistants",
            list(menu),
            format_func=lambda option: menu[option],
            key="assistant-menu",
            icon=":material/more_horiz:",
            type="tertiary" if current is not None else "secondary",
        )
        on_the_server = current is not None and _draw_switch()
    _act(desk, current, did)
    return on_the_server


def _draw_switch() -> bool:
    st.space("stretch")
    return st.toggle(
        "On the server",
        "Mobi" not in st.context.headers.get("User-Agent", ""),  # on a phone it would lie below the thread
        key=state.SERVER_OPEN,
        persist_state="session",
        help="What the server holds, and the run as it happens",
    )


def _labels(assistants: Sequence[Assistant]) -> dict[str, str]:
    """What each assistant is called in a list. The list tells them apart by these words, so no two may be alike."""
    names = Counter(assistant.name or UNNAMED for assistant in assistants)
    return {
        a.id: (a.name or UNNAMED) + (f" · {a.id[-4:]}" if names[a.name or UNNAMED] > 1 else "")
        for a in assistants
    }


def choose(assistant_id: str) -> None:
    """Make an assistant the one the next message goes to."""
    st.session_state[state.ASSISTANT] = assistant_id


def _act(desk: Desk, current: Assistant | None, did: str | None) -> None:
    match did:
        case "New":
            editor.edit(desk, None)
        case "Import":
            exchange.import_dialog(desk)
        case "Duplicate" if current is not None:
            copy = editor.duplicate(desk, current)
            choose(copy.id)
            state.notify(f"{plain(copy.name)} was made.", ":material/content_copy:")
            st.rerun()
        case "Export" if current is not None:
            exchange.export_dialog(desk, current)
        case "Delete" if current is not None:
            _delete(desk, current)


@st.dialog("Delete assistant", icon=":material/delete:")
def _delete(desk: Desk, assistant: Assistant) -> None:
    st.markdown(
        f"**{plain(assistant.name or UNNAMED)}** will be gone for good. Its threads stay, "
        "and another assistant can go on in them."
    )
    with st.container(horizontal=True):
        if st.button(
            "Delete for good", type="primary", icon=":material/delete_forever:", key="delete-assistant"
        ):
            desk.house.assistants.delete_assistant(assistant.id)
            state.forget_assistant()
            st.rerun()
        if st.button("Keep", key="keep-assistant"):
            st.rerun()
