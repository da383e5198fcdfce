"""The local voices, and which of them answers to the name of a voice of OpenAI's."""

from __future__ import annotations

from collections.abc import Mapping

from services.errors import InvalidInput

HIBARI, KOKORO = "hibari-heart", "kokoro-82m"
HEART = "heart"
OPENAI_VOICES = (
    "alloy", "ash", "ballad", "coral", "echo", "fable", "onyx", "nova", "sage", "shimmer", "verse", "marin", "cedar",
)  # fmt: skip
_KOKORO: Mapping[str, str] = {
    "heart": "af_heart",
    "bella": "af_bella",
    "kore": "af_kore",
    "sarah": "af_sarah",
    "nova": "af_nova",
    "alloy": "af_alloy",
    "michael": "am_michael",
    "fenrir": "am_fenrir",
    "puck": "am_puck",
    "echo": "am_echo",
    "onyx": "am_onyx",
    "emma": "bf_emma",
    "isabella": "bf_isabella",
    "george": "bm_george",
    "fable": "bm_fable",
    # Names of OpenAI's that Kokoro has no voice for.
    "ash": "am_michael",
    "ballad": "bm_george",
    "cedar": "am_puck",
    "coral": "af_bella",
    "marin": "bf_emma",
    "sage": "af_kore",
    "shimmer": "af_sarah",
    "verse": "am_fenrir",
}


def voices_of(model_id: str) -> tuple[str, ...]:
    """The names a local model takes; the first is its own."""
    return (HEART, *OPENAI_VOICES) if model_id == HIBARI else tuple(_KOKORO)


def check_voice(model_id: str, voice: str) -> None:
    """InvalidInput with the names there are, for a voice there is not."""
    names = voices_of(model_id)
    if voice not in names:
        raise InvalidInput(
            f"There is no voice '{voice}' for {model_id}. Choose one of: {', '.join(names)}.",
            code="invalid_voice",
        )


def kokoro_voice(voice: str) -> str:
    """Kokoro's own name of a voice; its first letter tells the accent."""
    return _KOKORO[voice]
