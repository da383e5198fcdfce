"""Who speaks, how fast, in which language, and when a turn ends."""

from __future__ import annotations

from dataclasses import dataclass

import streamlit as st

from components.house import House
from components.voice.listener import ListeningMode
from services.connections import OPENAI
from services.media.audio.languages import LANGUAGES
from services.media.audio.speaking import (
    LOCAL_EARS,
    LOCAL_VOICE,
    LOCAL_VOICES,
    OPENAI_EARS,
    OPENAI_VOICE,
    Voice,
)

PREFERENCE = "voice"
LISTENING = "voice-listening"
HEART = "heart"
KOKORO_VOICES = {
    "bella": "Bella, American",
    "kore": "Kore, American",
    "sarah": "Sarah, American",
    "michael": "Michael, American",
    "fenrir": "Fenrir, American",
    "puck": "Puck, American",
    "onyx": "Onyx, American",
    "emma": "Emma, British",
    "isabella": "Isabella, British",
    "george": "George, British",
    "fable": "Fable, British",
}
OPENAI_VOICES = (
    "marin", "cedar", "alloy", "ash", "ballad", "coral", "echo", "fable", "nova", "onyx", "sage", "shimmer", "verse",
)  # fmt: skip
LOCAL = "This machine"
FIND_OUT = "auto"
COMMON = ("en", "de", "fr", "es", "it", "pt", "nl", "pl", "tr", "uk", "ru", "zh", "ja", "ko", "hi", "ar")


@dataclass(frozen=True, slots=True)
class Manner:
    """How the talk goes: the voice, and how the listener knows that a turn is over."""

    voice: Voice
    listening: ListeningMode
    silence_ms: int


def draw(house: House) -> Manner:
    """Draw the settings in a popover; what is chosen."""
    saved = house.preferences.get(PREFERENCE, {})
    with st.popover("Voice settings", icon=":material/tune:", key="voice-settings"):
        by = _by(house, saved)
        name = _name(by, saved)
        speed = st.slider(
            "Speed", 0.5, 2.0, float(saved.get("speed", 1.0)), 0.1, key="voice-speed", format="%.1f×"
        )
        language = _language(saved)
        silence_s = st.slider(
            "Pause that ends your turn",
            0.4,
            2.0,
            float(saved.get("silence_s", 0.7)),
            0.1,
            key="voice-silence",
            format="%.1f s",
            help="Shorter answers sooner; longer lets you think in the middle of a sentence.",
        )
    listening = st.session_state.get(LISTENING) or saved.get("listening", "hands-free")
    now = {"by": by, "name": name, "speed": speed, "language": language, "silence_s": silence_s}
    if any(saved.get(key) != value for key, value in now.items()):
        house.preferences.set(PREFERENCE, {**saved, **now})
    return Manner(_voice(house, now), listening, round(silence_s * 1000))


def draw_listening(house: House) -> ListeningMode:
    """Draw the choice between hands-free and push to talk."""
    saved = house.preferences.get(PREFERENCE, {})
    chosen: ListeningMode = (
        st.segmented_control(
            "How to talk",
            ["hands-free", "push"],
            default=saved.get("listening", "hands-free"),
            format_func=lambda m: "Hands-free" if m == "hands-free" else "Push to talk",
            label_visibility="collapsed",
            key=LISTENING,
        )
        or "hands-free"
    )
    if saved.get("listening") != chosen:
        house.preferences.set(PREFERENCE, {**saved, "listening": chosen})
    return chosen


def _by(house: House, saved: dict[str, str]) -> str:
    """Whose models listen and speak: this machine's, or OpenAI's where there is a key."""
    if not _upstream_key(house):
        return LOCAL
    offered = [LOCAL, OPENAI]
    index = offered.index(saved["by"]) if saved.get("by") in offered else 0
    return st.radio(
        "Listening and speaking by",
        offered,
        index,
        key="voice-by",
        captions=(
            "Free; nothing that is said leaves it",
            f"{OPENAI_EARS} and {OPENAI_VOICE}, until 2027-01-06",
        ),
    )


def _name(by: str, saved: dict[str, str]) -> str:
    names = OPENAI_VOICES if by == OPENAI else (HEART, *KOKORO_VOICES)
    labels = {HEART: "Heart, American (fastest)"} | {
        n: f"{label} (slower)" for n, label in KOKORO_VOICES.items()
    }
    return st.selectbox(
        "Voice",
        names,
        names.index(saved["name"]) if saved.get("name") in names else 0,
        format_func=lambda n: n.capitalize() if by == OPENAI else labels[n],
        key=f"voice-name-{by}",
        help=None
        if by == OPENAI
        else "Heart speaks at once. The others take about half as long as what they say; "
        "they are fetched once, 120 MB. All of them speak English.",
    )


def _language(saved: dict[str, str]) -> str:
    others = sorted(set(LANGUAGES) - set(COMMON), key=lambda code: LANGUAGES[code])
    offered = [*COMMON, *others]
    codes = [offered[0], FIND_OUT, *offered[1:]]
    return st.selectbox(
        "You speak",
        codes,
        codes.index(saved["language"]) if saved.get("language") in codes else 0,
        format_func=lambda code: "Find out (slower)" if code == FIND_OUT else LANGUAGES[code].capitalize(),
        key="voice-language",
    )


def _voice(house: House, chosen: dict[str, object]) -> Voice:
    language = None if chosen["language"] == FIND_OUT else str(chosen["language"])
    local, upstream = house.connections()[:2]
    name, speed = str(chosen["name"]), float(str(chosen["speed"]))
    if chosen["by"] == OPENAI:
        return Voice(upstream, OPENAI_EARS, OPENAI_VOICE, name, speed, language)
    speaker = LOCAL_VOICE if name == HEART else LOCAL_VOICES
    return Voice(local, LOCAL_EARS, speaker, name, speed, language)


def _upstream_key(house: House) -> bool:
    upstream = house.connections()[1]
    return upstream.kind == "openai" and bool(upstream.api_key)
