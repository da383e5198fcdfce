"""How the next message is sent: system prompt, parameters the model accepts, tools, structured output."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import streamlit as st

from services import catalog
from services.catalog import Model
from services.errors import InvalidInput
from services.structured import check_schema
from services.tools.base import Tool

SAMPLE_SCHEMA = """{
  "type": "object",
  "properties": {
    "title": {"type": "string"},
    "tags": {"type": "array", "items": {"type": "string"}}
  },
  "required": ["title", "tags"],
  "additionalProperties": false
}"""


@dataclass(frozen=True, slots=True)
class Number:
    """A numeric parameter: its range, and what it does in a few words."""

    name: str
    label: str
    low: float
    high: float
    step: float
    help: str


NUMBERS = (
    Number("temperature", "Temperature", 0.0, 2.0, 0.1, "Low is steady, high is varied."),
    Number("top_p", "Top p", 0.0, 1.0, 0.05, "Only the likeliest words that together reach this share."),
    Number("max_completion_tokens", "Longest reply (tokens)", 1, 128_000, 64, "The answer is cut there."),
    Number("presence_penalty", "Presence penalty", -2.0, 2.0, 0.1, "Above 0: less of what was mentioned."),
    Number("frequency_penalty", "Frequency penalty", -2.0, 2.0, 0.1, "Above 0: less repetition."),
    Number(
        "seed",
        "Seed",
        0,
        2**31 - 1,
        1,
        "The same seed and settings give the same answer, as far as the model can.",
    ),
)


def draw(model: Model, toolbox: Sequence[Tool], saved: dict[str, Any], key: str) -> dict[str, Any]:
    """Draw the options with their `saved` values; the values as they are now. An empty field is not sent."""
    accepted = catalog.parameters(model, saved.get("parameters", {}).get("reasoning_effort"))
    prompt, how, tools, shape = st.tabs(
        ["System prompt", "Parameters", "Tools", "Structured output"], key=f"tabs-{key}"
    )
    with prompt:
        system_prompt = st.text_area(
            "System prompt",
            saved.get("system_prompt", ""),
            key=f"system-{key}",
            height=180,
            placeholder="You are a patient tutor. Answer in short sentences.",
            help="Sent first with every request. It stays the same, so prompt caches can serve it.",
        )
    with how:
        parameters = _parameters(model, accepted, saved.get("parameters", {}), key)
    with tools:
        chosen = _tools(model, toolbox, saved, key) if takes_tools(model) else _no_tools(model)
    with shape:
        schema = _schema(saved, key) if "response_format" in accepted else ""
    return {
        "system_prompt": (system_prompt or "").strip(),
        "parameters": parameters,
        **chosen,
        **_as_saved(schema),
    }


def takes_tools(model: Model) -> bool:
    """Whether Chat Completions takes tools with this model, if need be without reasoning."""
    return model.tools == "needs_effort_none" or "tools" in catalog.parameters(model)


def _as_saved(schema: str) -> dict[str, Any]:
    return {"schema": schema} if schema else {}


def _parameters(model: Model, accepted: Sequence[str], saved: dict[str, Any], key: str) -> dict[str, Any]:
    st.caption(f"Only what {model.id} accepts. Empty means its own default, and nothing is sent.")
    values: dict[str, Any] = {}
    if "reasoning_effort" in accepted and model.reasoning_efforts:
        efforts = list(model.reasoning_efforts)
        before = saved.get("reasoning_effort")
        values["reasoning_effort"] = st.selectbox(
            "Reasoning effort",
            efforts,
            index=efforts.index(before) if before in efforts else None,
            key=f"effort-{key}-{model.id}",
            placeholder="The model's own default",
        )
    shown = [n for n in NUMBERS if n.name in accepted]
    with st.grid(2):
        for number in shown:
            values[number.name] = _number(number, saved.get(number.name), key)
    if "stop" in accepted:
        stop = st.text_input(
            "Stop at", saved.get("stop", ""), key=f"stop-{key}", help="The answer ends before this text."
        )
        values["stop"] = stop or None
    return {name: value for name, value in values.items() if value is not None}


def _number(number: Number, value: float | None, key: str) -> float | None:
    whole = isinstance(number.step, int)
    kind = int if whole else float
    return st.number_input(
        number.label,
        min_value=kind(number.low),
        max_value=kind(number.high),
        value=kind(value) if value is not None else None,
        step=kind(number.step),
        key=f"{number.name}-{key}",
        help=number.help,
        placeholder="default",
    )


def _tools(model: Model, toolbox: Sequence[Tool], saved: dict[str, Any], key: str) -> dict[str, Any]:
    if model.tools == "needs_effort_none":
        st.caption(
            f"{model.id} takes tools in Chat Completions only with reasoning effort “none”; that is then sent."
        )
    before = set(saved.get("tools", ()))
    chosen = [
        tool.name
        for tool in toolbox
        if st.toggle(
            f"{tool.icon} {tool.title}",
            tool.name in before,
            key=f"tool-{tool.name}-{key}",
            help=tool.description,
        )
    ]
    approve = st.toggle(
        "Ask me before a tool runs",
        saved.get("approve_tools", False),
        key=f"approve-{key}",
        disabled=not chosen,
    )
    return {"tools": chosen, "approve_tools": bool(approve and chosen)}


def _no_tools(model: Model) -> dict[str, Any]:
    st.info(
        f"{model.id} takes no tools in Chat Completions. Choose another model in the sidebar.",
        icon=":material/block:",
    )
    return {"tools": [], "approve_tools": False}


def _schema(saved: dict[str, Any], key: str) -> str:
    on = st.toggle("Answer as JSON that fits a schema", bool(saved.get("schema")), key=f"structured-{key}")
    if not on:
        return ""
    text = (
        st.text_area("JSON Schema", saved.get("schema") or SAMPLE_SCHEMA, key=f"schema-{key}", height=240)
        or ""
    )
    try:
        check_schema(text)
    except InvalidInput as error:
        st.error(error.user_message, icon=":material/data_object:")
        return text
    st.caption(":green[:material/check:] The schema is valid. Each answer is checked against it.")
    return text
