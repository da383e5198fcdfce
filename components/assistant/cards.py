"""Function calls that wait for the person: what the model wants, changed where need be, run or refused."""

from __future__ import annotations

import json

import streamlit as st

from components import state
from components.assistant.desk import Desk
from components.plain import plain
from components.tool_steps import pretty
from components.turn_view import Action
from services.assistants.calling import Decision
from services.documents.decoding import decoded
from services.functions.function_tool import FunctionTool
from services.functions.http_operation import HttpOperation
from services.functions.results import MAX_RESULT_BYTES
from services.turns import ToolCall, Turn

ARGUMENTS_HEIGHT_PX = 120


class Cards:
    """The cards of one run of the page. `decisions` are there once the person has decided."""

    def __init__(self, desk: Desk) -> None:
        self._known = {function.name: function for function in desk.house.functions.all()}
        self._problem: str | None = None
        self.decisions: dict[str, Decision] = {}

    def draw(self, turn: Turn) -> Action | None:
        """A card for each call; the action that goes on with the run, once all are decided."""
        waiting = [step.call for step in turn.tool_steps.values() if step.state == "requested"]
        if not waiting:
            return None
        with st.container(border=True):
            st.markdown(":material/front_hand: The run waits for you. Nothing runs before you allow it.")
            drafts = {call.id: self._draw_call(call) for call in waiting}
            with st.container(horizontal=True):
                run = st.button("Run", key=f"allow-{turn.id}", type="primary", icon=":material/play_arrow:")
                refuse = st.button("Refuse", key=f"refuse-{turn.id}", icon=":material/block:")
        if refuse:
            self.decisions = {call.id: Decision(allowed=False) for call in waiting}
        elif run and (problem := self._problem or _problem(drafts)):
            st.error(problem, icon=":material/data_object:")
        elif run:
            self.decisions = drafts
        return Action("decide", turn) if self.decisions else None

    def _draw_call(self, call: ToolCall) -> Decision:
        function = self._known.get(call.name)
        st.markdown(f"**{plain(call.name)}**{_where(function)}")
        arguments = st.text_area(
            "Arguments",
            pretty(call.arguments or "{}"),
            key=f"arguments-{call.id}",
            height=ARGUMENTS_HEIGHT_PX,
        )
        by_hand = function is None or function.kind == "typed"
        typed = self._draw_answer(call) if by_hand else None
        _draw_key(function)
        return Decision(True, arguments, typed)

    def _draw_answer(self, call: ToolCall) -> str:
        """The person's answer: typed, or a file, which takes the browser no time however long it is."""
        typed = st.text_area("Your answer to the model", key=f"answer-{call.id}", height=ARGUMENTS_HEIGHT_PX)
        file = st.file_uploader("or a file", key=f"answer-file-{call.id}", max_upload_size=32)
        if file is None:
            return typed or ""
        text = decoded(file.getvalue())
        if text is None:
            self._problem = f"{plain(file.name)} is not text. Choose another file, or type the answer."
        elif len(text.encode()) > MAX_RESULT_BYTES:
            st.caption(f":material/content_cut: The model gets the first {MAX_RESULT_BYTES:,} bytes of it.")
        return text or ""


def _where(function: FunctionTool | None) -> str:
    if function is None:
        return " :gray-badge[unknown here: you answer]"
    if isinstance(function.answer, HttpOperation):
        return f" :orange-badge[:material/public: {plain(function.answer.method.upper())} {plain(function.answer.host)}]"
    return ""


def _draw_key(function: FunctionTool | None) -> None:
    """Ask for the key a web API wants; it stays in this browser session."""
    if function is None or not isinstance(function.answer, HttpOperation) or not function.answer.secret_id:
        return
    secret_id, keys = function.answer.secret_id, state.function_keys()
    key = st.text_input(
        f"Key for {plain(function.answer.host)}",
        keys.get(secret_id, ""),
        type="password",
        key=f"function-key-{secret_id}",
        help="Kept in this browser session only.",
    )
    if key:
        keys[secret_id] = key


def _problem(drafts: dict[str, Decision]) -> str | None:
    for decision in drafts.values():
        try:
            json.loads(decision.arguments or "{}")
        except ValueError:
            return "The arguments are not JSON. Mend them, then run."
    return None
