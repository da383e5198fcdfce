"""Describe it and a model drafts it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from components.house import House
from components.sidebar import Choice
from services.errors import AppError, InvalidInput
from services.gpts.drafting import MAX_WISH_CHARS, draft
from services.gpts.records import Gpt
from services.turns import Message, Turn

if TYPE_CHECKING:
    import openai
    from openai.types.chat import ChatCompletion

TIMEOUT_S = 240.0


def draw(house: House, choice: Choice) -> Gpt | None:
    """Draw the wish; the draft, once there is one."""
    with st.expander("Describe it, and a draft is made", icon=":material/auto_awesome:"):
        wish = st.text_area(
            "What should it do?",
            key="gpt-wish",
            max_chars=MAX_WISH_CHARS,
            placeholder="Helps me answer complaints of my tea shop's customers, kindly, in at most five sentences.",
        )
        st.caption(f"{choice.model.id} writes it. You change what you like before it is kept.")
        if not st.button(
            "Draft it", icon=":material/auto_awesome:", key="draft-gpt", disabled=not (wish or "").strip()
        ):
            return None
        with st.spinner(
            "Drafting; the local model takes about half a minute" if choice.model.local else "Drafting"
        ):
            try:
                return _draft(house, choice, wish or "")
            except AppError as error:
                st.error(error.user_message, icon=":material/error:")
    return None


def _draft(house: House, choice: Choice, wish: str) -> Gpt:
    """Ask the model, metered as an aside. Raises AppError."""
    made: list[Gpt] = []
    failures: list[AppError] = []
    turn = Turn("gpt-draft", Message("user", wish), choice.model.id, choice.connection.name)

    async def ask(client: openai.AsyncOpenAI) -> ChatCompletion:
        try:
            gpt, answer = await draft(client, choice.model, wish)
        except AppError as error:
            failures.append(error)
            raise
        made.append(gpt)
        return answer

    house.loop.run(house.live.side_call(turn, choice.connection, ask), TIMEOUT_S)
    if made:
        return made[0]
    raise (
        failures[0]
        if failures
        else InvalidInput(
            "The model could not be reached. Look at the connection in the sidebar, then try again."
        )
    )
