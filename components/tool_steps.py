"""A tool call on the page: what went in, what came out, and pictures where there are some."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Literal

import streamlit as st

from components import figures, server_files
from components.files import table_result
from components.plain import plain, plain_lines
from services.tables.answers import TOOL
from services.turns import ToolStep

STEP_STATE: dict[str, Literal["running", "complete", "error"]] = {
    "requested": "running",
    "running": "running",
    "completed": "complete",
    "failed": "error",
    "refused": "error",
}
SUFFIX = {"refused": " · not allowed", "failed": " · failed", "requested": " · waiting"}
SHOWN_HITS = 5
HIT_CHARS = 600


def draw_tool_step(step: ToolStep) -> None:
    """A tool call: its name, what went in, what came out."""
    if step.call.name == TOOL:
        table_result.draw_step(step)
        return
    is_code, is_search = step.call.name == "code_interpreter", step.call.name == "file_search"
    # A status that is left as a context counts as complete, even when its call still waits.
    status = st.status(_label(step), type="step", state=STEP_STATE[step.state])
    with status.container():
        if is_code:
            _draw_code(step)
        elif is_search and step.details is not None:
            _draw_search(step.details)
        else:
            _draw_function(step)


def _label(step: ToolStep) -> str:
    if step.call.name == "code_interpreter":
        return {"running": "Running Python", "requested": "Writing Python"}.get(step.state, "Ran Python")
    if step.call.name == "file_search" and step.details is not None:
        count = len(step.details.get("results") or ())
        return (
            f"Searched the files · {figures.counted(count, 'passage')}"
            if step.state == "completed"
            else "Searching the files"
        )
    return f"{plain(step.call.name.replace('_', ' '))}{SUFFIX.get(step.state, '')}"


def _draw_function(step: ToolStep) -> None:
    st.caption("Input")
    st.code(pretty(step.call.arguments), language="json", wrap_lines=True)
    if step.output is not None:
        st.caption("Output")
        st.code(pretty(step.output), language=None, wrap_lines=True)


def _draw_code(step: ToolStep) -> None:
    st.code(step.call.arguments or " ", language="python", wrap_lines=True)
    if step.output:
        st.caption("Printed")
        st.code(step.output, language=None, wrap_lines=True)
    _draw_pictures(step.details or {})


def _draw_pictures(details: Mapping[str, Any]) -> None:
    for output in details.get("outputs") or ():
        if output["type"] == "image" and (data := server_files.data(output["image"]["file_id"])):
            st.image(data, alt="A chart drawn by the program above")


def _draw_search(details: Mapping[str, Any]) -> None:
    for query in details.get("queries") or ():
        st.caption(f":material/search: {plain(str(query))}")
    results = details.get("results") or ()
    for result in results[:SHOWN_HITS]:
        st.markdown(f"**{plain(result['file_name'])}** :gray-badge[score {result['score']:.2f}]")
        text = "\n".join(part["text"] for part in result.get("content") or () if part.get("text"))
        if text:
            st.caption(plain_lines(text[:HIT_CHARS] + ("…" if len(text) > HIT_CHARS else "")))
    if len(results) > SHOWN_HITS:
        st.caption(f"and {len(results) - SHOWN_HITS} more")


def pretty(text: str) -> str:
    """JSON indented; any other text as it is."""
    try:
        return json.dumps(json.loads(text), indent=2, ensure_ascii=False)
    except ValueError:
        return text
