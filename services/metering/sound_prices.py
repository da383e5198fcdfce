"""What speech and transcripts cost, and what they would have cost at OpenAI.

Source: https://developers.openai.com/api/docs/pricing, as listed by developersdigest (2026-10-17) and litellm (2026-11).
"""

from __future__ import annotations

from decimal import Decimal

MINUTE_S = 60
MILLION = Decimal(1_000_000)
USD_PER_MINUTE = {
    "gpt-transcribe": Decimal("0.0045"),
    "whisper-1": Decimal("0.006"),
    "gpt-4o-transcribe": Decimal("0.006"),
    "gpt-4o-mini-transcribe": Decimal("0.003"),
    "gpt-4o-mini-tts": Decimal("0.015"),
}
USD_PER_MILLION_CHARACTERS = {"tts-1": Decimal(15), "tts-1-hd": Decimal(30)}
TRANSCRIPTION_EQUIVALENT, SPEECH_EQUIVALENT = "gpt-transcribe", "tts-1"
"""The models that local calls are compared with."""


def sound_price(model: str, audio_s: float | None, characters: int | None) -> Decimal | None:
    """USD of a call of speech or transcription; None when unknown."""
    if model in USD_PER_MILLION_CHARACTERS and characters is not None:
        return USD_PER_MILLION_CHARACTERS[model] * characters / MILLION
    if model in USD_PER_MINUTE and audio_s is not None:
        return USD_PER_MINUTE[model] * Decimal(str(audio_s)) / MINUTE_S
    return None


def equivalent_price(audio_s: float, characters: int) -> Decimal:
    """USD that so much listening and speaking would have cost with the two models named above."""
    heard = sound_price(TRANSCRIPTION_EQUIVALENT, audio_s, None) or Decimal(0)
    return heard + (sound_price(SPEECH_EQUIVALENT, None, characters) or Decimal(0))
