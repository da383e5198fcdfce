"""A transcript in each of the forms OpenAI gives it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from starlette.responses import JSONResponse, PlainTextResponse, Response

from services.media.audio.languages import LANGUAGES
from services.media.audio.subtitles import Cue, srt, vtt
from services.server.rules.audio import Transcript

if TYPE_CHECKING:
    from services.engines.audio.transcription import Segment

Wire = dict[str, Any]


def answer(asked: Transcript, segments: Sequence[Segment], duration_s: float, task: str) -> Response:
    """The whole transcript as it was asked for."""
    match asked.response_format:
        case "text":
            return PlainTextResponse(_text(segments) + "\n")
        case "srt":
            return PlainTextResponse(srt(map(_cue, segments)), media_type="application/x-subrip")
        case "vtt":
            return PlainTextResponse(vtt(map(_cue, segments)), media_type="text/vtt")
        case "verbose_json":
            return JSONResponse(_verbose(asked, segments, duration_s, task))
    return JSONResponse({"text": _text(segments), "usage": _usage(duration_s)})


def delta(segment: Segment, *, is_first: bool) -> Wire:
    """The event of a segment that has just been understood."""
    text = segment.text.lstrip() if is_first else segment.text
    return {"type": "transcript.text.delta", "delta": text}


def done(segments: Sequence[Segment]) -> Wire:
    """The last event."""
    return {"type": "transcript.text.done", "text": _text(segments)}


def _text(segments: Sequence[Segment]) -> str:
    return "".join(segment.text for segment in segments).strip()


def _cue(segment: Segment) -> Cue:
    return Cue(segment.start_s, segment.end_s, segment.text.strip())


def _usage(duration_s: float) -> Wire:
    return {"type": "duration", "seconds": math.ceil(duration_s)}


def _verbose(asked: Transcript, segments: Sequence[Segment], duration_s: float, task: str) -> Wire:
    language = segments[0].language if segments else asked.language or "en"
    whole: Wire = {
        "task": task,
        "language": "english" if task == "translate" else LANGUAGES.get(language, language),
        "duration": round(duration_s, 3),
        "text": _text(segments),
        "usage": _usage(duration_s),
    }
    if asked.segments:
        whole["segments"] = [_segment(number, segment) for number, segment in enumerate(segments)]
    if asked.words:
        whole["words"] = [
            {"word": word.text.strip(), "start": round(word.start_s, 3), "end": round(word.end_s, 3)}
            for segment in segments
            for word in segment.words
        ]
    return whole


def _segment(number: int, segment: Segment) -> Wire:
    return {
        "id": number,
        "seek": round(segment.start_s * 100),
        "start": round(segment.start_s, 3),
        "end": round(segment.end_s, 3),
        "text": segment.text,
        "tokens": list(segment.tokens),
        "temperature": segment.temperature,
        "avg_logprob": segment.avg_logprob,
        "compression_ratio": segment.compression_ratio,
        "no_speech_prob": segment.no_speech_prob,
    }
