"""Samples to words with Whisper, in the process of the speech models."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

from services.engines.child import default_threads

BEAM = 5
FALLBACK_TEMPERATURES = (0.0, 0.4, 0.8)
"""Tried one after the other where an answer repeats itself or is unlikely."""


def transcribe(path: Path, request: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The language of samples `start` to `end` of a file, then each segment. Times are from the file's beginning."""
    import numpy as np

    start, end = request["start"], request["end"]
    block = np.fromfile(path, np.int16, end - start, offset=2 * start).astype(np.float32) / 32768
    found, about = _model(request["model_dir"]).transcribe(
        block,
        language=request["language"],
        task=request["task"],
        beam_size=BEAM,
        initial_prompt=request["prompt"] or None,
        temperature=request["temperature"] or FALLBACK_TEMPERATURES,
        condition_on_previous_text=False,  # one slip would be repeated to the end
        word_timestamps=request["words"],
        vad_filter=True,  # Whisper makes up words where nobody speaks
    )
    offset_s = start / 16_000
    yield {"language": about.language}
    for segment in found:
        yield {"segment": _segment(segment, offset_s)}


@cache
def _model(folder: str) -> Any:
    from faster_whisper import WhisperModel

    return WhisperModel(folder, device="cpu", compute_type="int8", cpu_threads=default_threads())


def _segment(segment: Any, offset_s: float) -> dict[str, Any]:
    return {
        "start_s": offset_s + segment.start,
        "end_s": offset_s + segment.end,
        "text": segment.text,
        "tokens": list(segment.tokens),
        "temperature": segment.temperature or 0.0,
        "avg_logprob": segment.avg_logprob,
        "compression_ratio": segment.compression_ratio,
        "no_speech_prob": segment.no_speech_prob,
        "words": [[word.word, offset_s + word.start, offset_s + word.end] for word in segment.words or ()],
    }
