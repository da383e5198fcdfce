"""One GPT: what it is, how it is begun in each mode, and what can be done with it."""

from __future__ import annotations

from dataclasses import replace

import streamlit as st

from components import navigation, state
from components.compare.desk import new_lane
from components.gpts import builder, picture
from components.house import House
from components.modes import LOOKS
from components.plain import plain
from components.sidebar import Choice
from services.compare.records import Lane
from services.errors import AppError
from services.gpts.opening import GPT, assistant_body, chat_settings
from services.gpts.records import Gpt
from services.gpts.store import to_file
from services.tools import toolbox
from services.turns import BUILT_IN_TOOLS, Mode


def draw(house: House, choice: Choice, gpt: Gpt) -> None:
    """Draw the GPT."""
    if st.button("All GPTs", type="tertiary", icon=":material/arrow_back:"):
        state.open_gpt(None)
        st.rerun()
    picture.draw(gpt, 96)
    st.title(f":material/{gpt.icon}: {plain(gpt.name)}", anchor=False)
    if gpt.description:
        st.markdown(plain(gpt.description))
    st.header("Run it", anchor=False)
    chat, assistant, lanes = st.columns(3)
    with chat:
        _draw_chat(house, gpt)
    with assistant:
        _draw_assistant(house, choice, gpt)
    with lanes:
        _draw_lanes(house, choice, gpt)
    with st.expander("Its instructions", icon=":material/description:"):
        st.code(gpt.instructions or "None", language=None, wrap_lines=True)
    _draw_menu(house, gpt)


def _draw_chat(house: House, gpt: Gpt) -> None:
    look = LOOKS[Mode.CHAT_COMPLETIONS]
    with st.container(border=True, height="stretch"):
        st.markdown(f":{look.colour}-badge[{look.icon} {look.label}]")
        st.markdown(
            "This program keeps the talk, sends the instructions each time, and searches the files itself."
        )
        if missing := _not_in_chat(gpt):
            st.caption(f"Not to be had in this mode: {', '.join(missing)}.")
        if st.button("Begin a chat", type="primary", icon=look.icon, key="gpt-chat"):
            names = [tool.name for tool in toolbox(house.conversations.search)]
            made = house.conversations.create(settings=chat_settings(gpt, names))
            st.switch_page(navigation.page("chat"), query_params={state.CONVERSATION_PARAM: made.id})


def _not_in_chat(gpt: Gpt) -> list[str]:
    known = {tool.name for tool in toolbox()}
    missing = [name for name in gpt.functions if name not in known and name != "search_conversations"]
    built_in = [
        name for name in BUILT_IN_TOOLS if name in gpt.tools and not (name == "file_search" and gpt.knowledge)
    ]
    return [name.replace("_", " ") for name in (*built_in, *missing)]


def _draw_assistant(house: House, choice: Choice, gpt: Gpt) -> None:
    look = LOOKS[Mode.ASSISTANTS]
    with st.container(border=True, height="stretch"):
        st.markdown(f":{look.colour}-badge[{look.icon} {look.label}]")
        st.markdown("The server keeps instructions, files and threads, searches, and runs code.")
        if st.button("Begin a thread", type="primary", icon=look.icon, key="gpt-assistant"):
            try:
                assistant_id = _assistant(house, choice, gpt)
            except AppError as error:
                st.error(error.user_message, icon=":material/error:")
                return
            state.forget_assistant()
            st.session_state[state.ASSISTANT] = assistant_id
            st.switch_page(navigation.page("assistant"))


def _draw_lanes(house: House, choice: Choice, gpt: Gpt) -> None:
    with st.container(border=True, height="stretch"):
        st.markdown(
            " ".join(f":{look.colour}-badge[{look.icon}]" for look in LOOKS.values()) + " **All three**"
        )
        st.markdown(
            "Chat Completions, Assistants and Responses side by side: the same GPT, three ways to send it."
        )
        if gpt.knowledge:
            st.caption("Its files do not come along here: attach what you ask about.")
        if st.button("Compare", type="primary", icon=":material/compare:", key="gpt-compare"):
            lanes = [_lane(house, choice, gpt, mode) for mode in LOOKS]
            made = house.comparisons.create(lanes, gpt.name)
            st.switch_page(navigation.page("compare"), query_params={state.COMPARISON_PARAM: made.id})


def _lane(house: House, choice: Choice, gpt: Gpt, mode: Mode) -> Lane:
    """The GPT as a lane; in Chat Completions without the tools that only a server has."""
    lane = new_lane(house, choice, mode)
    tools = gpt.functions if mode is Mode.CHAT_COMPLETIONS else gpt.tools
    return replace(lane, instructions=gpt.instructions, tools=tools, model=gpt.model or lane.model)


def _assistant(house: House, choice: Choice, gpt: Gpt) -> str:
    """The GPT's assistant on the server: made when first needed, and brought up to date. Raises AppError."""
    model = choice.model.id if choice.connection.is_local else house.settings.chat_model
    body = assistant_body(gpt, model, house.functions.all())
    known = next((one for one in house.assistants.assistants() if one.metadata.get(GPT) == gpt.id), None)
    if known is None:
        return house.assistants.create_assistant(body).id
    return house.assistants.update_assistant(known.id, body).id


def _draw_menu(house: House, gpt: Gpt) -> None:
    with st.container(horizontal=True):
        if st.button("Edit", icon=":material/edit:", key="edit-gpt"):
            builder.begin(gpt)
        if st.button("Duplicate", icon=":material/content_copy:", key="duplicate-gpt"):
            state.open_gpt(house.gpts.duplicate(gpt).id)
            st.rerun()
        st.download_button(
            "Share as a file",
            lambda: to_file(gpt),
            "gpt.tandem.json",
            "application/json",
            icon=":material/ios_share:",
            key="share-gpt",
            on_click="ignore",
            help="Its files stay here: whoever opens it brings their own.",
        )
        if st.button("Delete", icon=":material/delete:", key="delete-gpt"):
            house.gpts.delete(gpt.id)
            state.open_gpt(None)
            state.notify(f"{gpt.name} is deleted. Its conversations stay.", ":material/delete:")
            st.rerun()
    st.caption("The address of this page opens this GPT for everybody who uses this installation.")
