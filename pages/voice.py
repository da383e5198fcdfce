"""Voice: talk to a model and hear it answer while it is still writing, or have recordings transcribed."""

from __future__ import annotations

import streamlit as st

from components import navigation
from components.house import house as open_house
from components.modes import LOOKS
from components.voice import desk as desks
from components.voice import recordings, settings, talking, transcript
from services.errors import AppError
from services.turns import Mode

house = open_house()
mode = desks.chosen_mode()
talking.settle_turn()
desk = desks.open_thread(house) if mode is Mode.ASSISTANTS else desks.open_chat(house)
desk.gauge.draw(desk.turns[-1] if desk.turns else None)

with st.container(horizontal=True, vertical_alignment="center"):
    st.header("Voice", anchor=False, width="stretch")
    manner = settings.draw(house)
talk_tab, recordings_tab = st.tabs(
    [":material/mic: Talk", ":material/audio_file: Recordings"], key="voice-tab", on_change="rerun"
)
if talk_tab.open:
    with talk_tab:
        with st.container(horizontal=True, vertical_alignment="center"):
            st.segmented_control(
                "Mode",
                [Mode.CHAT_COMPLETIONS, Mode.ASSISTANTS],
                default=mode,
                format_func=lambda m: f"{LOOKS[m].icon} {LOOKS[m].label}",
                label_visibility="collapsed",
                key=desks.MODE,
                persist_state="session",
            )
            settings.draw_listening(house)
        if desk.begin is None:
            st.info("There is no assistant to talk to yet.", icon=":material/smart_toy:")
            st.page_link(navigation.page("assistant"), label="Create one", icon=":material/add:")
        else:
            talking.draw(desk, manner)
        said = [turn for turn in desk.turns if turn.id != talking.in_flight()]
        if said:
            with st.container(horizontal=True, vertical_alignment="center"):
                st.subheader("What was said", anchor=False, width="stretch")
                try:
                    transcript.draw_export(desk, said, manner)
                except AppError as error:
                    st.error(error.user_message, icon=":material/error:")
            transcript.draw(desk, said, manner)
elif recordings_tab.open:
    with recordings_tab:
        recordings.draw(house, manner)
