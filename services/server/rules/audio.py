"""What a request for speech or a transcript may say."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from services.media.audio.languages import language_code
from services.server.errors import ApiError
from services.server.rules import limits, schema
from services.server.rules.schema_errors import missing

MOST_CHARACTERS = 4096
SLOWEST, FASTEST = 0.25, 4.0
MOST_RECORDING_BYTES = 512 * 2**20
"""For the local model; OpenAI takes 25 MB."""
MOST_UPSTREAM_BYTES = 25 * 2**20
TRANSCRIPT_FORMATS = ("json", "text", "srt", "verbose_json", "vtt")
GRANULARITIES = ("word", "segment")
_TRANSCRIPTION = {
    "file", "model", "chunking_strategy", "chunking_strategy[type]", "chunking_strategy[prefix_padding_ms]",
    "chunking_strategy[silence_duration_ms]", "chunking_strategy[threshold]", "include[]", "keywords[]", "language",
    "languages[]", "prompt", "response_format", "stream", "temperature", "timestamp_granularities[]",
}  # fmt: skip
_TRANSLATION = {"file", "model", "prompt", "response_format", "temperature"}
_SPEAKERS = ("known_speaker_names[]", "known_speaker_references[]")


@dataclass(frozen=True, slots=True)
class Transcript:
    """What was asked for, checked."""

    response_format: str
    language: str | None
    prompt: str
    temperature: float
    words: bool
    segments: bool
    stream: bool


def speech_type() -> Any:
    """The SDK's type of a request for speech."""
    from openai.types.audio.speech_create_params import SpeechCreateParams

    return SpeechCreateParams


def speech(body: dict[str, Any]) -> dict[str, Any]:
    """A checked request for speech. ApiError 400 in the service's words."""
    body = schema.without_nulls(body)
    schema.check(speech_type, body)
    limits.text(body["input"], "input", MOST_CHARACTERS)
    limits.number(body, "speed", SLOWEST, FASTEST)
    if not body["input"].strip():
        raise ApiError(
            400,
            "Invalid 'input': string too short. Expected a string with minimum length 1, but got an empty string instead.",
            code="string_below_min_length",
            param="input",
        )
    return body


def voice(body: Mapping[str, Any]) -> str:
    """The voice's name, or the id of one of one's own."""
    asked = body["voice"]
    return str(asked["id"] if isinstance(asked, dict) else asked)


def transcription(fields: Mapping[str, str], lists: Mapping[str, Sequence[str]]) -> Transcript:
    """A checked request for a transcript from a form."""
    for name in _SPEAKERS:
        if name in fields:
            raise limits.unsupported(name, "The local model does not tell speakers apart.")
    _known(fields, _TRANSCRIPTION)
    if "logprobs" in lists.get("include[]", ()):
        raise limits.unsupported("include[]", "The local model tells no log probabilities.")
    response_format = _format(fields)
    wanted = lists.get("timestamp_granularities[]", ())
    for granularity in wanted:
        _one_of("timestamp_granularities[]", granularity, GRANULARITIES)
    if wanted and response_format != "verbose_json":
        raise ApiError(
            400,
            "'timestamp_granularities' needs 'response_format' to be 'verbose_json'.",
            param="timestamp_granularities",
        )
    asked = fields.get("language") or next(iter(lists.get("languages[]", ())), None)
    keywords = ", ".join(lists.get("keywords[]", ()))
    return Transcript(
        response_format,
        _language(asked),
        " ".join(filter(None, (fields.get("prompt", ""), keywords))),
        _temperature(fields),
        words="word" in wanted,
        segments=not wanted or "segment" in wanted,
        stream=_truth("stream", fields.get("stream", "false")),
    )


def translation(fields: Mapping[str, str]) -> Transcript:
    """A checked request for a translation into English from a form."""
    _known(fields, _TRANSLATION)
    prompt = fields.get("prompt", "")
    return Transcript(
        _format(fields), None, prompt, _temperature(fields), words=False, segments=True, stream=False
    )


def model(fields: Mapping[str, str]) -> str:
    """The model a form asks for."""
    if not fields.get("model"):
        raise missing("model")
    return fields["model"]


def _known(fields: Mapping[str, str], names: set[str]) -> None:
    for name in fields:
        if name not in names:
            raise ApiError(
                400, f"Unknown parameter: '{name[:64]}'.", code="unknown_parameter", param=name[:64]
            )


def _format(fields: Mapping[str, str]) -> str:
    return _one_of("response_format", fields.get("response_format") or "json", TRANSCRIPT_FORMATS)


def _one_of(name: str, value: str, allowed: Sequence[str]) -> str:
    if value not in allowed:
        raise ApiError(
            400,
            f"Invalid value: '{value[:64]}'. Supported values are: {', '.join(map(repr, allowed))}.",
            code="invalid_value",
            param=name,
        )
    return value


def _language(asked: str | None) -> str | None:
    if asked is None:
        return None
    code = language_code(asked)
    if code is None:
        raise ApiError(
            400,
            f"Invalid language '{asked[:64]}'. Language parameter must be specified in ISO-639-1 format.",
            code="invalid_language_format",
            param="language",
        )
    return code


def _temperature(fields: Mapping[str, str]) -> float:
    try:
        value = float(fields.get("temperature") or 0)
    except ValueError:
        value = -1.0
    if not 0 <= value <= 1:
        raise ApiError(400, "Invalid 'temperature': expected a decimal between 0 and 1.", param="temperature")
    return value


def _truth(name: str, value: str) -> bool:
    if value.lower() not in ("true", "false", "1", "0", ""):
        raise ApiError(400, f"Invalid '{name}': expected a boolean.", param=name)
    return value.lower() in ("true", "1")
