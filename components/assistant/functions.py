"""The person's functions: what there is, making one, and taking them from an OpenAPI document."""

from __future__ import annotations

import json
from dataclasses import replace

import streamlit as st

from components import state
from components.assistant.desk import Desk
from components.failures import show
from components.plain import plain
from components.tool_steps import pretty
from services.errors import AppError
from services.functions.checks import make_function
from services.functions.function_tool import CannedAnswer, FunctionTool, TypedAnswer
from services.functions.http_operation import HttpOperation
from services.functions.openapi_document import OpenApiDocument, fetch_document, read_document

SAMPLE_PARAMETERS = """{
  "type": "object",
  "properties": {"city": {"type": "string", "description": "Name of a city"}},
  "required": ["city"],
  "additionalProperties": false
}"""
FETCH_TIMEOUT_S = 30.0
ANSWERS = {"typed": "I type the answer each time", "canned": "Always the same answer"}


@st.dialog("Functions", width="large", icon=":material/function:", on_dismiss="rerun")
def manage(desk: Desk) -> None:
    """Look at functions, make one, or take some from an OpenAPI document."""
    st.caption(
        "A function is described to the model, but your program runs it: the run waits for the answer. "
        "Give functions to an assistant under Edit, Tools."
    )
    have, make, take = st.tabs(["Your functions", "Make one", "From an OpenAPI document"])
    with have:
        _draw_all(desk)
    with make:
        _draw_form(desk)
    with take:
        _draw_import(desk)


# --- what there is --------------------------------------------------------------------------


def _draw_all(desk: Desk) -> None:
    for function in sorted(desk.house.functions.all(), key=lambda function: function.kind == "demo"):
        with st.expander(f"{plain(function.name)} · {_answered(function)}", icon=":material/function:"):
            st.markdown(plain(function.description) or "–")
            asked = st.toggle("Ask me before it runs", function.needs_approval, key=f"ask-{function.name}")
            if asked != function.needs_approval:
                desk.house.functions.save(replace(function, approval=asked))
                st.rerun(scope="fragment")
            st.code(
                json.dumps(function.parameters, indent=2, ensure_ascii=False),
                language="json",
                wrap_lines=True,
            )
            if isinstance(function.answer, CannedAnswer):
                st.caption("Its answer")
                st.code(pretty(function.answer.text), language=None, wrap_lines=True)
            if function.kind != "demo" and st.button(
                "Delete", key=f"delete-function-{function.name}", icon=":material/delete:"
            ):
                desk.house.functions.delete(function.name)
                st.rerun(scope="fragment")


def _answered(function: FunctionTool) -> str:
    if isinstance(function.answer, HttpOperation):
        return f"{function.answer.method.upper()} {plain(function.answer.host)}"
    return {"demo": "demo", "canned": "fixed answer", "typed": "you type the answer"}[function.kind]


# --- making one -----------------------------------------------------------------------------


def _draw_form(desk: Desk) -> None:
    name = st.text_input("Name", key="function-name", max_chars=64, placeholder="get_weather")
    description = st.text_input(
        "What it does", key="function-description", placeholder="The weather in a city, now."
    )
    parameters = st.text_area(
        "Parameters as JSON Schema", SAMPLE_PARAMETERS, key="function-schema", height=180
    )
    how = st.segmented_control(
        "Who answers", list(ANSWERS), default="typed", format_func=lambda a: ANSWERS[a], key="function-answer"
    )
    canned = ""
    if how == "canned":
        canned = st.text_area("The answer", key="function-canned", placeholder='{"celsius": 21}') or ""
    if st.button("Make it", type="primary", key="function-make", icon=":material/add:"):
        try:
            answer = CannedAnswer(canned) if how == "canned" else TypedAnswer()
            desk.house.functions.save(make_function(name or "", description or "", parameters or "", answer))
            state.notify(f"{plain(name or '')} can be given to assistants now.", ":material/function:")
            st.rerun()
        except AppError as error:
            show(error)


# --- from a document ------------------------------------------------------------------------


def _draw_import(desk: Desk) -> None:
    st.caption(
        "Each operation becomes a function. It is called from this machine, at public addresses only, and asks you first."
    )
    address = st.text_input(
        "Address of the document", key="openapi-address", placeholder="https://…/openapi.json"
    )
    text = st.text_area("or the document itself (JSON or YAML)", key="openapi-text", height=140)
    if not (address or text):
        st.session_state.pop(state.OPENAPI_DOCUMENT, None)
        return
    try:
        with st.spinner("Reading the document"):
            document = _read(desk, (address or "").strip(), text or "")
    except AppError as error:
        show(error)
        return
    chosen = _choose(document)
    if chosen and st.button(
        f"Take {len(chosen)}", type="primary", key="openapi-take", icon=":material/download_done:"
    ):
        try:
            desk.house.functions.save(*chosen)
            state.notify(f"{len(chosen)} functions can be given to assistants now.", ":material/function:")
            st.rerun()
        except AppError as error:
            show(error)


def _read(desk: Desk, address: str, text: str) -> OpenApiDocument:
    """The document, read once for as long as no other is asked for: every click in the dialog comes by here."""
    asked = address, text
    before, document = st.session_state.get(state.OPENAPI_DOCUMENT, (None, None))
    if document is None or before != asked:
        taken = desk.house.functions.reserved_names
        document = (
            read_document(text, address or None, taken=taken)
            if text.strip()
            else desk.house.loop.run(fetch_document(address, taken=taken), FETCH_TIMEOUT_S)
        )
        st.session_state[state.OPENAPI_DOCUMENT] = asked, document
    return document


def _choose(document: OpenApiDocument) -> list[FunctionTool]:
    st.markdown(f"**{plain(document.title)}**")
    names = [function.name for function in document.functions]
    chosen = st.multiselect("Operations", names, names[:10], key="openapi-operations")
    for problem in document.problems[:10]:
        st.caption(f":material/info: {plain(problem)}")
    return [function for function in document.functions if function.name in chosen]
