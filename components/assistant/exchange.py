"""Assistants in and out of files."""

from __future__ import annotations

import streamlit as st

from components import state
from components.assistant.desk import Desk, chat_models
from components.failures import show
from components.plain import plain
from services.assistants.portable import exported, functions_in, imported, with_names
from services.assistants.records import Assistant
from services.errors import AppError
from services.functions.incoming import beside
from services.functions.stored import from_json, to_json


@st.dialog("Export assistant", icon=":material/download:")
def export_dialog(desk: Desk, assistant: Assistant) -> None:
    """Offer an assistant as a file."""
    known = {function.name: function for function in desk.house.functions.all()}
    own = [to_json(known[n]) for n in assistant.functions if n in known and known[n].kind != "demo"]
    st.markdown(
        "The file holds instructions, model, tools and how functions are answered. Files and keys stay here."
    )
    st.download_button(
        "Download",
        exported(assistant, own),
        f"{_file_name(assistant.name)}.json",
        "application/json",
        icon=":material/download:",
        type="primary",
        on_click="ignore",
    )


def _file_name(name: str) -> str:
    letters = "".join(c if c.isalnum() else "-" for c in name.lower()).strip("-")
    return letters[:60] or "assistant"


@st.dialog("Import assistants", icon=":material/upload:")
def import_dialog(desk: Desk) -> None:
    """Make assistants from a file."""
    st.caption(
        "A file exported from Tandem, or what OpenAI's API gave for `assistants.list()` or `assistants.retrieve()`."
    )
    file = st.file_uploader("Assistants as JSON", type=["json"], key="import-assistants", max_upload_size=32)
    if file is None:
        return
    try:
        models = chat_models(desk.house)
        found = imported(file.getvalue(), models, models[0] if models else desk.house.settings.chat_model)
        for one in found:
            st.markdown(
                f"**{plain(str(one.body.get('name') or 'Unnamed assistant'))}** · {plain(one.body['model'])}"
            )
            for notice in one.notices:
                st.caption(f":material/info: {plain(notice)}")
        given = [from_json(function) for function in functions_in(file.getvalue())]
        incoming = beside(given, desk.house.functions.all())
        for notice in incoming.notices:
            st.caption(f":material/info: {plain(notice)}")
        if st.button("Import", type="primary", icon=":material/upload:", key="import-assistants-go"):
            desk.house.functions.save(*incoming.functions)
            bodies = [with_names(one.body, incoming.names) for one in found]
            made = [desk.house.assistants.create_assistant(body) for body in bodies]
            st.session_state[state.ASSISTANT] = made[-1].id
            state.notify(f"{len(made)} imported.", ":material/upload:")
            st.rerun()
    except AppError as error:
        show(error)
    except (KeyError, TypeError, ValueError, AttributeError):
        st.error("The functions in this file cannot be read.", icon=":material/error:")
