"""Making and changing an assistant."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import streamlit as st

from components import server_files, state
from components.assistant import progress
from components.assistant.desk import Desk, chat_models
from components.failures import show
from components.plain import plain
from services.assistants.presets import PRESETS, preset
from services.assistants.records import Assistant, as_assistant
from services.errors import AppError
from services.functions.function_tool import FunctionTool, definition

LONGEST_NAME = 256
LONGEST_DESCRIPTION = 512
LONGEST_INSTRUCTIONS = 256_000
NEW = Assistant(id="", name="", model="")

Body = dict[str, Any]


@st.dialog("Assistant", width="large", icon=":material/smart_toy:", on_dismiss="rerun")
def edit(desk: Desk, assistant: Assistant | None) -> None:
    """Change an assistant, or make one."""
    before = assistant or _draw_presets()
    who, tools, knowledge, how = st.tabs(["Who it is", "Tools", "Knowledge", "Parameters"])
    with who:
        body = _draw_who(desk, before)
    with tools:
        body["tools"] = _draw_tools(desk, before)
    with knowledge:
        _draw_knowledge(desk, assistant)
    with how:
        body |= _draw_parameters(before)
    if assistant is None:
        body["metadata"] = dict(before.metadata)
    if st.button(
        "Save" if assistant else "Create", type="primary", key="save-assistant", icon=":material/check:"
    ):
        _save(desk, assistant, body)


def _draw_presets() -> Assistant:
    """What a new assistant begins as: blank, or as one of the presets."""
    name = st.pills("Begin with", [given.name for given in PRESETS], key="assistant-preset")
    given = preset(name)
    return as_assistant({"id": "", **given.body("")}) if given else NEW


def duplicate(desk: Desk, assistant: Assistant) -> Assistant:
    """A copy of an assistant, which shares its files. Raises AppError."""
    return desk.house.assistants.create_assistant(
        {
            "name": f"{assistant.name} (copy)"[:LONGEST_NAME],
            "model": assistant.model,
            "description": assistant.description,
            "instructions": assistant.instructions,
            "tools": list(assistant.tools),
            "tool_resources": _resources(assistant),
            "temperature": assistant.temperature,
            "top_p": assistant.top_p,
            "response_format": assistant.response_format,
            "metadata": dict(assistant.metadata),
        }
    )


def _resources(assistant: Assistant) -> Body:
    """What its tools may use, as a request spells it."""
    resources: Body = {}
    if assistant.store_id:
        resources["file_search"] = {"vector_store_ids": [assistant.store_id]}
    if assistant.code_file_ids:
        resources["code_interpreter"] = {"file_ids": list(assistant.code_file_ids)}
    return resources


def _draw_who(desk: Desk, before: Assistant) -> Body:
    models = list(chat_models(desk.house))
    wanted = before.model or desk.house.settings.chat_model
    options = models if wanted in models else [wanted, *models]
    left, right = st.columns(2)
    name = left.text_input(
        "Name", before.name, max_chars=LONGEST_NAME, key=_key(before, "name"), placeholder="Tutor"
    )
    model = right.selectbox("Model", options, index=options.index(wanted), key=_key(before, "model"))
    description = st.text_input(
        "What it is for", before.description, max_chars=LONGEST_DESCRIPTION, key=_key(before, "description")
    )
    instructions = st.text_area(
        "Instructions",
        before.instructions,
        height=220,
        max_chars=LONGEST_INSTRUCTIONS,
        key=_key(before, "instructions"),
        placeholder="You are a patient tutor. Answer in short sentences.",
        help="Kept on the server: your program never sends them again.",
    )
    return {
        "name": (name or "").strip(),
        "model": model,
        "description": description or "",
        "instructions": instructions or "",
    }


def _draw_tools(desk: Desk, before: Assistant) -> list[Body]:
    tools: list[Body] = []
    if st.toggle(
        ":material/search: File search",
        before.has("file_search"),
        key=_key(before, "search"),
        help="Reads your documents and says where it is written.",
    ):
        tools.append(_kept(before, "file_search"))
    if st.toggle(
        ":material/terminal: Code interpreter",
        before.has("code_interpreter"),
        key=_key(before, "code"),
        help="Writes Python and runs it in a closed box on the server: it computes, reads tables and draws charts.",
    ):
        tools.append({"type": "code_interpreter"})
    return tools + _draw_functions(desk, before)


def _key(before: Assistant, name: str) -> str:
    """A field's key. Another preset brings fields of its own, so that they show what it holds."""
    return f"assistant-{name}-{before.metadata.get('preset', '')}"


def _kept(before: Assistant, kind: str) -> Body:
    """The tool with the settings it had."""
    return next((dict(tool) for tool in before.tools if tool["type"] == kind), {"type": kind})


def _draw_functions(desk: Desk, before: Assistant) -> list[Body]:
    known = {function.name: function for function in desk.house.functions.all()}
    elsewhere = {t["function"]["name"]: dict(t) for t in before.tools if t["type"] == "function"}
    names = list(dict.fromkeys([*known, *elsewhere]))
    chosen = st.multiselect(
        "Functions",
        names,
        [name for name in names if name in elsewhere],
        format_func=lambda name: _label(known.get(name), name),
        key=_key(before, "functions"),
        placeholder="None",
        help="Your program runs these, when the run asks for them.",
    )
    st.caption("Make more of them under **Functions** at the top of the page.")
    return [definition(known[name]) if name in known else elsewhere[name] for name in chosen]


def _label(function: FunctionTool | None, name: str) -> str:
    if function is None:
        return f"{name} · you type the answer"
    kinds = {"demo": "demo", "canned": "fixed answer", "typed": "you type the answer", "http": "web API"}
    return f"{name} · {kinds[function.kind]}"


def _draw_knowledge(desk: Desk, assistant: Assistant | None) -> None:
    st.caption("Files every thread of this assistant can use. Files of one thread go into the message box.")
    if assistant is None:
        st.info("Create the assistant first, then give it files.", icon=":material/upload_file:")
        return
    api = desk.house.assistants
    try:
        if store_id := assistant.store_id:
            progress.draw_rows(
                lambda: api.store_files(store_id),
                lambda file_id: api.take_from_store(store_id, file_id),
                "forget",
            )
        for file_id in assistant.code_file_ids:
            name = plain(server_files.name(file_id))
            st.markdown(f":material/terminal: {name} :gray-badge[code interpreter]")
        _draw_uploads(desk, assistant)
    except AppError as error:
        show(error)


def _draw_uploads(desk: Desk, assistant: Assistant) -> None:
    uploaded = st.file_uploader(
        "Add files",
        accept_multiple_files=True,
        key=f"knowledge-{assistant.id}",
        max_upload_size=server_files.MOST_UPLOAD_MB,
    )
    if not uploaded:
        return
    search = st.button(
        "Give to file search", icon=":material/search:", key="knowledge-search", type="primary"
    )
    code = st.button("Give to the code interpreter", icon=":material/terminal:", key="knowledge-code")
    if search or code:
        with st.spinner("Uploading"):
            ids = [desk.house.assistants.upload(file.name, file.getvalue()).id for file in uploaded]
            _give(desk, assistant, ids, to_search=search)
        state.notify(f"{len(ids)} uploaded. They are being read now." if search else f"{len(ids)} uploaded.")
        st.rerun()


def _give(desk: Desk, assistant: Assistant, file_ids: Sequence[str], *, to_search: bool) -> None:
    api = desk.house.assistants
    if not to_search:
        resources = {"code_interpreter": {"file_ids": [*assistant.code_file_ids, *file_ids]}}
    elif assistant.store_id:
        for file_id in file_ids:
            api.add_to_store(assistant.store_id, file_id)
        return
    else:
        store = api.create_store(f"Knowledge of {assistant.name}"[:LONGEST_NAME], tuple(file_ids))
        resources = {"file_search": {"vector_store_ids": [store.id]}}
    api.update_assistant(assistant.id, {"tool_resources": resources})


def _draw_parameters(before: Assistant) -> Body:
    left, right = st.columns(2)
    temperature = left.number_input(
        "Temperature",
        0.0,
        2.0,
        before.temperature,
        0.1,
        key=_key(before, "temperature"),
        placeholder="default",
        help="Low is steady, high is varied.",
    )
    top_p = right.number_input(
        "Top p", 0.0, 1.0, before.top_p, 0.05, key=_key(before, "top-p"), placeholder="default"
    )
    return {"temperature": temperature, "top_p": top_p}


def _save(desk: Desk, assistant: Assistant | None, body: Body) -> None:
    try:
        if assistant is None:
            given = {name: value for name, value in body.items() if value not in (None, "")}
            made = desk.house.assistants.create_assistant(given)
            st.session_state[state.ASSISTANT] = made.id
        else:
            desk.house.assistants.update_assistant(assistant.id, body)
    except AppError as error:
        show(error)
        return
    state.notify("Saved.")
    st.rerun()
