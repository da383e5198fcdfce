"""The gear of a lane: mode, connection, model, instructions, parameters, tools, and files for its next message."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from typing import Any

import streamlit as st

from components.compare.desk import MODES, Desk, describe
from components.failures import show
from components.modes import LOOKS
from components.plain import plain
from components.sidebar import chat_models
from services.catalog import Model
from services.clients import Connection
from services.compare.checks import LONGEST_REPLY, effort, notices
from services.compare.records import Lane
from services.errors import AppError
from services.turns import BUILT_IN_TOOLS, Mode

BUILT_IN_TITLES = {
    "file_search": ":material/find_in_page: File search, on the server",
    "code_interpreter": ":material/terminal: Code interpreter, on the server",
}
OWN_FILES = "compare_own_files"
LONGEST_INSTRUCTIONS = 100_000

Parameters = dict[str, Any]


@st.dialog("Lane", width="medium", icon=":material/settings:")
def edit(desk: Desk, lane: Lane) -> None:
    """Change a lane; it is kept when the person says so."""
    mode = st.segmented_control(
        "Mode",
        MODES,
        default=lane.mode,
        required=True,
        format_func=lambda m: f"{LOOKS[m].icon} {LOOKS[m].label}",
        key=f"mode-{lane.id}",
    )
    changed = _of_mode(desk, lane, mode or lane.mode)
    connection = desk.connection(changed)
    model = describe(connection, changed)
    changed = replace(
        changed,
        instructions=(
            st.text_area(
                "Instructions",
                lane.instructions,
                key=f"instructions-{lane.id}",
                height=100,
                max_chars=LONGEST_INSTRUCTIONS,
            )
            or ""
        ).strip(),
        parameters=_parameters(changed, model),
        tools=_tools(desk, changed),
    )
    _draw_files(lane)
    for notice in notices(changed, model, connection):
        st.caption(f":orange[:material/warning:] {plain(notice)}")
    if desk.turns and (changed.mode, changed.model) != (lane.mode, lane.model):
        st.caption(
            ":material/info: The talk so far stays. A server that does not know it yet is told all of it with the next message."
        )
    if st.button("Save", type="primary", icon=":material/check:", key=f"save-{lane.id}"):
        try:
            desk.change_lane(changed)
        except AppError as error:
            show(error)
        else:
            st.rerun()


def _of_mode(desk: Desk, lane: Lane, mode: Mode) -> Lane:
    """The lane in this mode, with connection and model as they are chosen."""
    connection = _connection(desk, lane, mode)
    model = _model(lane, connection)
    parameters = lane.parameters if mode is lane.mode else respelled(lane, mode)
    return replace(lane, mode=mode, connection=connection.name, model=model, parameters=parameters)


def respelled(lane: Lane, mode: Mode) -> Parameters:
    """A lane's parameters as another mode spells them; what only one mode has is left out."""
    kept: Parameters = {n: v for n, v in lane.parameters.items() if n in ("temperature", "top_p")}
    longest = lane.parameters.get(LONGEST_REPLY[lane.mode])
    if longest is not None:
        kept[LONGEST_REPLY[mode]] = longest
    return kept | _spelled_effort(mode, effort(lane))


def _spelled_effort(mode: Mode, chosen: str | None) -> Parameters:
    if not chosen:
        return {}
    return {"reasoning": {"effort": chosen}} if mode is Mode.RESPONSES else {"reasoning_effort": chosen}


def _connection(desk: Desk, lane: Lane, mode: Mode) -> Connection:
    own = desk.house.assistants.connection
    if mode is Mode.ASSISTANTS:
        st.caption(
            "Tandem's own server answers: OpenAI has closed this API. It passes on to OpenAI's models."
        )
        return own
    names = [connection.name for connection in desk.connections]
    chosen = st.selectbox(
        "Connection",
        names,
        index=names.index(lane.connection) if lane.connection in names else 0,
        key=f"connection-{lane.id}-{mode.value}",
    )
    return next((c for c in desk.connections if c.name == chosen), own)


def _model(lane: Lane, connection: Connection) -> str:
    offered: list[str] = []
    try:
        offered = [model.id for model in chat_models(connection)]
    except AppError as error:
        st.warning(error.user_message, icon=":material/cloud_off:")
    is_known = lane.connection == connection.name or lane.model in offered
    ids = [*([lane.model] if is_known and lane.model not in offered else []), *offered] or [lane.model]
    chosen = st.selectbox(
        "Model",
        ids,
        index=ids.index(lane.model) if lane.model in ids else 0,
        key=f"model-{lane.id}-{connection.name}",
        accept_new_options=not connection.is_local,
    )
    return chosen or ids[0]


def _parameters(lane: Lane, model: Model) -> Parameters:
    kept = dict(lane.parameters)
    with st.grid(2):
        _number(kept, lane, "temperature", "Temperature", (0.0, 2.0))
        _number(kept, lane, "top_p", "Top p", (0.0, 1.0))
        _number(kept, lane, LONGEST_REPLY[lane.mode], "Longest reply (tokens)", (1, 128_000))
        if lane.mode is Mode.ASSISTANTS:
            _last_messages(kept, lane)
        if model.reasoning_efforts:
            _effort(kept, lane, model.reasoning_efforts)
    return kept


def _number(kept: Parameters, lane: Lane, name: str, label: str, bounds: tuple[float, float]) -> None:
    low, high = bounds
    kind = int if isinstance(high, int) else float
    before = kept.pop(name, None)
    value = st.number_input(
        label,
        min_value=kind(low),
        max_value=kind(high),
        value=None if before is None else min(max(kind(before), kind(low)), kind(high)),
        step=kind(64) if kind is int else 0.05,
        key=f"{name}-{lane.id}-{lane.mode.value}",
        placeholder="the model's own",
    )
    if value is not None:
        kept[name] = value


def _last_messages(kept: Parameters, lane: Lane) -> None:
    strategy = kept.pop("truncation_strategy", None)
    before = strategy.get("last_messages") if isinstance(strategy, Mapping) else None
    value = st.number_input(
        "Messages a run may read",
        min_value=1,
        max_value=1_000,
        value=before,
        key=f"last-{lane.id}",
        placeholder="all that fit",
        help="The thread keeps everything; a run then reads only the last ones.",
    )
    if value is not None:
        kept["truncation_strategy"] = {"type": "last_messages", "last_messages": int(value)}


def _effort(kept: Parameters, lane: Lane, efforts: tuple[str, ...]) -> None:
    before = effort(lane)
    for name in ("reasoning", "reasoning_effort"):
        kept.pop(name, None)
    chosen = st.selectbox(
        "Reasoning effort",
        efforts,
        index=efforts.index(before) if before in efforts else None,
        key=f"effort-{lane.id}-{lane.model}",
        placeholder="the model's own",
    )
    kept |= _spelled_effort(lane.mode, chosen)


def _tools(desk: Desk, lane: Lane) -> tuple[str, ...]:
    functions = {tool.name: f"{tool.icon} {tool.title}" for tool in desk.house.comparing.tools}
    built_in = {} if lane.mode is Mode.CHAT_COMPLETIONS else BUILT_IN_TITLES
    offered = {**built_in, **functions}
    chosen = st.multiselect(
        "Tools",
        list(offered),
        [name for name in lane.tools if name in offered],
        format_func=lambda name: offered[name],
        key=f"tools-{lane.id}-{lane.mode.value}",
        placeholder="None",
        help="Functions run here in every mode, and without asking: they only compute.",
    )
    if lane.mode is Mode.CHAT_COMPLETIONS and any(name in BUILT_IN_TOOLS for name in lane.tools):
        st.caption(
            ":material/info: Chat Completions has no tools of its own: searching files and running code is yours to write."
        )
    return tuple(chosen)


def _draw_files(lane: Lane) -> None:
    given = st.file_uploader(
        "Files for this lane alone, with its next message",
        accept_multiple_files=True,
        key=f"files-{lane.id}",
        max_upload_size=64,
        help="Files for all lanes go into the message box. A tool of the server reads them, or they travel as text.",
    )
    kept: dict[str, list[tuple[str, bytes]]] = st.session_state.setdefault(OWN_FILES, {})
    kept[lane.id] = [(file.name, file.getvalue()) for file in given]


def own_files() -> dict[str, list[tuple[str, bytes]]]:
    """Files that wait for the next message of one lane, by lane."""
    kept: dict[str, list[tuple[str, bytes]]] = st.session_state.get(OWN_FILES, {})
    return {lane_id: files for lane_id, files in kept.items() if files}


def forget_own_files() -> None:
    """The files have been sent."""
    with suppress(KeyError):
        del st.session_state[OWN_FILES]
