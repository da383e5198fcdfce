"""The live part of the Voice page: what the listener hears becomes a turn, and the turn's words and sounds go back to it."""

from __future__ import annotations

import streamlit as st

from components.markdown import to_markdown
from components.modes import LOOKS
from components.redraw import watched
from components.turn_view import AVATAR
from components.voice import listener
from components.voice.clips import keep
from components.voice.desk import Desk, remember
from components.voice.settings import Manner
from services.media.audio.voice_turn import Utterance, VoiceTurn

TURN = "voice-turn"
SETTLED = "voice-turn-settled"
WARM = "voice-warm"
POLL_S = 0.2
HOW = {
    "hands-free": "A pause ends your turn. The answer is spoken while it is still being written; talk to interrupt it. "
    "The space bar works too, and what is said is kept with your conversations.",
    "push": "Press, talk, and press again to send. The answer is spoken while it is still being written. "
    "The space bar works too, and what is said is kept with your conversations.",
}


def settle_turn() -> None:
    """Once the last spoken turn is over: keep its sounds, and put its conversation into the address.

    Call it first in a run, so that all that follows is drawn with the turn at its end.
    """
    turn = current()
    if turn is None or not turn.is_over or _is_settled(turn):
        return
    st.session_state[SETTLED] = turn
    if turn.live is not None:
        turn.live.join(2.0)
        keep(turn)
        remember(turn.live.turn)


def draw(desk: Desk, manner: Manner) -> None:
    """Draw the listener, and below it what is being said."""
    _warm_up(desk, manner)
    turn = current()
    if turn is not None and not turn.is_over:
        watched(POLL_S)(_live)(desk, manner)
        return
    with st.container(), st.container():  # as deep as above, so that the listener stays where it is
        _live(desk, manner)


def current() -> VoiceTurn | None:
    """The spoken turn of this browser session, if there was one."""
    turn: VoiceTurn | None = st.session_state.get(TURN)
    return turn


def in_flight() -> str | None:
    """The id of the turn that is being answered, which the live part draws."""
    turn = current()
    return turn.live.turn.id if turn is not None and turn.live is not None and not turn.is_over else None


def _live(desk: Desk, manner: Manner) -> None:
    turn = current()
    told = listener.draw(turn, manner.listening, manner.silence_ms)
    if turn is not None and told.first_sound_s is not None:
        turn.latency.first_sound_s = told.first_sound_s
    if told.interrupted and turn is not None and not turn.is_over:
        turn.stop()
    if told.utterance is not None and desk.begin is not None and not _is_known(told.utterance, turn):
        if turn is not None and not turn.is_over:
            turn.stop()
        made = VoiceTurn(desk.house.sound, manner.voice, told.utterance, desk.begin)
        st.session_state[TURN] = made
        st.rerun()
    if turn is None:
        if not desk.turns:
            st.caption(HOW[manner.listening], text_alignment="center")
        return
    if not turn.is_over:
        _draw_words(desk, turn)
    elif not _is_settled(turn):
        st.rerun()  # the transcript has it now; asked for again until the page has settled it


def _is_known(utterance: Utterance, turn: VoiceTurn | None) -> bool:
    """Whether the turn answers it already: the listener sends again what it thinks was lost."""
    return turn is not None and bool(utterance.id) and turn.utterance.id == utterance.id


def _is_settled(turn: VoiceTurn) -> bool:
    return st.session_state.get(SETTLED) is turn


def _draw_words(desk: Desk, turn: VoiceTurn) -> None:
    if turn.said:
        with st.chat_message("user", avatar=AVATAR["user"]):
            st.markdown(to_markdown(turn.said))
    if turn.answer:
        with st.chat_message("assistant", avatar=LOOKS[desk.mode].icon):
            st.markdown(to_markdown(turn.answer))


def _warm_up(desk: Desk, manner: Manner) -> None:
    """Have the local models load before the first words are spoken."""
    if manner.voice.connection.is_local and not st.session_state.get(WARM):
        st.session_state[WARM] = True
        desk.house.loop.start(desk.house.sound.warm_up(manner.voice))
