"""The browser's half of a voice chat: it listens, finds the end of speech, and plays what is said back."""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import streamlit as st

from services.media.audio.voice_turn import Utterance, VoiceTurn

HERE = Path(__file__).parent
KEY = "voice-listener"
MOST_WAV_BYTES = 4 * 2**20
"""Two minutes of what the listener sends; it sends at most one."""
LONGEST_ID = 64
STAGES = ("End of speech", "Transcript", "First word", "First sound")

ListeningMode = Literal["hands-free", "push"]
_MOUNT = st.components.v2.component(
    "tandem_listener",
    html=(HERE / "listener.html").read_text(encoding="utf-8"),
    css=(HERE / "listener.css").read_text(encoding="utf-8"),
    js=(HERE / "listener.js").read_text(encoding="utf-8"),
)


@dataclass(frozen=True, slots=True)
class FromListener:
    """What the listener tells in this run: an utterance, that the answer was interrupted, when its first sound came."""

    utterance: Utterance | None
    interrupted: bool
    first_sound_s: float | None


def draw(turn: VoiceTurn | None, mode: ListeningMode, silence_ms: int) -> FromListener:
    """Draw the button, the meter and the words; what has been said since the last run."""
    before = (st.session_state.get(KEY) or {}).get("heard") or {}
    played = before.get("number", -1) if turn is not None and before.get("turn") == turn.id else -1
    result = _MOUNT(
        key=KEY,
        data={"mode": mode, "silence_ms": silence_ms, "turn": _as_data(turn, played) if turn else None},
        on_utterance_change=_nothing,
        on_interrupted_change=_nothing,
        on_heard_change=_nothing,
    )
    heard = result.heard or {}
    is_its = turn is not None and heard.get("turn") == turn.id
    is_interrupted = turn is not None and result.interrupted == turn.id
    return FromListener(
        _utterance(result.utterance), is_interrupted, heard.get("first_sound_s") if is_its else None
    )


def _as_data(turn: VoiceTurn, played: int) -> dict[str, Any]:
    latency = turn.latency
    seconds = (latency.silence_s, latency.transcript_s, latency.first_token_s, latency.first_sound_s)
    return {
        "id": turn.id,
        "utterance": turn.utterance.id,
        "stage": turn.stage,
        "is_over": turn.is_over,
        "said": turn.said,
        "error": turn.error,
        "clips": [
            {"number": clip.number, "text": clip.text, "sound": base64.b64encode(clip.sound).decode()}
            for clip in turn.clips
            if clip.number > played
        ],
        "stages": [{"label": label, "seconds": s} for label, s in zip(STAGES, seconds, strict=True)],
    }


def _utterance(sent: Any) -> Utterance | None:
    """What the browser sent, checked: anybody may send anything."""
    if not isinstance(sent, dict) or not isinstance(sent.get("wav"), str):
        return None
    if len(sent["wav"]) > MOST_WAV_BYTES * 4 // 3:
        return None
    try:
        wav = base64.b64decode(sent["wav"], validate=True)
        silence_s = min(max(float(sent.get("silence_ms", 0)), 0.0), 10_000.0) / 1000
    except (binascii.Error, TypeError, ValueError):
        return None
    return Utterance(str(sent.get("id", ""))[:LONGEST_ID], wav, silence_s)


def _nothing() -> None:
    """The value is read where the listener is drawn."""
