"""Home: what the modes are, which is for what, the state of this installation, and where to go."""

from __future__ import annotations

import streamlit as st

from components import installation, navigation, sidebar
from components.gauge import Gauge
from components.house import house as open_house
from components.modes import LOOKS
from services.turns import Mode

house = open_house()
choice = sidebar.draw(house)
Gauge(house, choice, None, (), {}).draw(None)

# Where each mode is tried.
PAGES = {Mode.CHAT_COMPLETIONS: "chat", Mode.ASSISTANTS: "assistant", Mode.RESPONSES: "compare"}
FOR = {
    Mode.CHAT_COMPLETIONS: (
        "Stateless. Your program keeps the conversation and sends all of it with every message.",
        "Best for short exchanges, full control, any provider.",
        "Tokens sent grow with each turn.",
    ),
    Mode.ASSISTANTS: (
        "Stateful. The server keeps assistants and threads, searches files and runs code.",
        "Best for code written for `client.beta.threads`, which OpenAI switched off on 2026-08-26.",
        "You send one message; the server adds what it remembers.",
    ),
    Mode.RESPONSES: (
        "Stateful, OpenAI's successor: responses that follow one another, conversations on the server.",
        "Best for new programs on OpenAI that want tools and memory without keeping it themselves.",
        "Configuration lives in your code.",
    ),
}

st.title("Talk to a model, and see what it takes", anchor=False)
st.markdown(
    "Tandem puts the ways to talk to a language model side by side: what your program sends, "
    "what the server remembers, and what it costs. It runs on a model on this machine; a key is optional."
)
with st.container(horizontal=True):
    if st.button("Start a conversation", type="primary", icon=":material/chat_bubble:"):
        st.switch_page(navigation.page("chat"))
    if st.button("See them side by side", icon=":material/compare:"):
        st.switch_page(navigation.page("compare"))
    if st.button("Add a key or a server", icon=":material/key:"):
        st.switch_page(navigation.page("settings"))

st.header("Who remembers?", anchor=False)
with st.grid(3, border=True) as grid:
    for mode, (what, best, cost) in FOR.items():
        look = LOOKS[mode]
        with grid.cell():
            st.markdown(f":{look.colour}-badge[{look.icon} {look.label}]  \n**{look.memory}**")
            st.markdown(what)
            st.caption(f"{best} {cost}")
            st.page_link(navigation.page(PAGES[mode]), label="Try it", icon=":material/arrow_forward:")

st.header("What is here", anchor=False)
for group, specs in navigation.GROUPS.items():
    if not group:
        continue
    with st.container(horizontal=True, vertical_alignment="top"):
        st.markdown(f"**{group}**", width=90)
        with st.container(gap="xsmall", width="stretch"):
            for spec in specs:
                with st.container(horizontal=True, vertical_alignment="center", gap="small"):
                    st.page_link(navigation.page(spec.name), label=spec.title, icon=spec.icon, width=130)
                    st.caption(spec.help, width="stretch")

st.header("This installation", anchor=False)
installation.draw(house)
