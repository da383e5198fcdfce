"""The sounds of a browser session: what was recorded and what was spoken, by turn."""

from __future__ import annotations

from dataclasses import dataclass

import streamlit as st

from services.media.audio.voice_turn import VoiceTurn

CLIPS = "voice-clips"
MOST_TURNS = 60
"""Older sounds are let go: the words are kept, and can be spoken again."""


@dataclass(frozen=True, slots=True)
class Sounds:
    """A turn's recording (WAV) and its answer (MP3 pieces in order); empty where there is none."""

    recording: bytes
    answer: tuple[bytes, ...]


def keep(turn: VoiceTurn) -> None:
    """Keep the sounds of a turn that is over."""
    if turn.live is not None:
        put(turn.live.turn.id, Sounds(turn.utterance.wav, tuple(clip.sound for clip in turn.clips)))


def put(turn_id: str, sounds: Sounds) -> None:
    """Keep the sounds of a turn."""
    kept: dict[str, Sounds] = st.session_state.setdefault(CLIPS, {})
    kept[turn_id] = sounds
    while len(kept) > MOST_TURNS:
        kept.pop(next(iter(kept)))


def of(turn_id: str) -> Sounds:
    """The sounds of a turn."""
    kept: dict[str, Sounds] = st.session_state.get(CLIPS, {})
    return kept.get(turn_id, Sounds(b"", ()))
