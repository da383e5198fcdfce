"""The talk as it has been said so far, with players, and as files to take away."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from components.markdown import to_markdown
from components.turn_view import AVATAR, draw_answer
from components.voice import clips
from components.voice.desk import Desk
from components.voice.settings import Manner
from services.errors import AppError
from services.media.audio.sentences import sentences
from services.media.audio.speaking import For
from services.media.audio.talk_file import TalkFile, as_file, as_text, passages
from services.turns import Turn

FILE = "voice-file"
SAY_TIMEOUT_S = 600.0


def draw(desk: Desk, turns: Sequence[Turn], manner: Manner) -> None:
    """Draw the turns, the newest first: it is the one the page is about."""
    for turn in reversed(turns):
        sounds = clips.of(turn.id)
        with st.chat_message("user", avatar=AVATAR["user"]):
            st.markdown(to_markdown(turn.user.content))
            if sounds.recording:
                st.audio(sounds.recording, format="audio/wav", width=320)
        draw_answer(turn)
        if sounds.answer:
            st.audio(b"".join(sounds.answer), format="audio/mpeg", width=320)
        elif turn.text and st.button(
            "Read aloud", icon=":material/volume_up:", key=f"say-{turn.id}", type="tertiary"
        ):
            _read_aloud(desk, turn, manner)


def draw_export(desk: Desk, turns: Sequence[Turn], manner: Manner) -> None:
    """Offer the talk as text, subtitles and one audio file."""
    talk = passages(turns, _sounds)
    with st.popover("Export", icon=":material/download:", key="voice-export", disabled=not turns):
        st.download_button(
            "Text", as_text(talk), "talk.txt", "text/plain", icon=":material/description:", width="stretch",
            on_click="ignore",
        )  # fmt: skip
        made: tuple[int, TalkFile] | None = st.session_state.get(FILE)
        if made is None or made[0] != len(turns):
            st.caption("One audio file, with subtitles. What has no sound any more is spoken for it.")
            if st.button(
                "Make the audio file", icon=":material/graphic_eq:", key="voice-make", width="stretch"
            ):
                with st.spinner("Putting the talk together"):
                    file = as_file(talk, desk.house.recordings, lambda texts: _say(desk, texts, manner))
                st.session_state[FILE] = (len(turns), file)
                st.rerun()
            return
        st.download_button(
            "Audio file (MP3)", made[1].sound, "talk.mp3", "audio/mpeg", icon=":material/graphic_eq:", width="stretch",
            on_click="ignore",
        )  # fmt: skip
        st.download_button(
            "Subtitles (SRT)", made[1].subtitles, "talk.srt", "text/plain", icon=":material/subtitles:", width="stretch",
            on_click="ignore",
        )  # fmt: skip


def _sounds(turn_id: str) -> tuple[bytes, tuple[bytes, ...]]:
    sounds = clips.of(turn_id)
    return sounds.recording, sounds.answer


def _read_aloud(desk: Desk, turn: Turn, manner: Manner) -> None:
    try:
        with st.spinner("Speaking"):
            spoken = _say(desk, sentences(turn.text), manner, turn)
    except AppError as error:
        st.error(error.user_message, icon=":material/error:")
        return
    clips.put(turn.id, clips.Sounds(clips.of(turn.id).recording, tuple(spoken)))
    st.rerun()


def _say(desk: Desk, texts: Sequence[str], manner: Manner, turn: Turn | None = None) -> list[bytes]:
    made_for = For(desk.conversation_id, turn.id if turn else None)
    return desk.house.loop.run(desk.house.sound.say_all(manner.voice, texts, made_for), SAY_TIMEOUT_S)
