"""A process of speech models that needs none: it hears a sentence for each second of sound, and speaks a tone for each word.

The text `crash` ends it, as a fault in a library would; `slow` has it wait until it is ended.
"""

from __future__ import annotations

import base64
import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from services.documents.refusals import Unreadable
from services.documents.serving import by_kind, serve
from services.media.audio.encoding import Encoder

RATE_HZ = 24_000
WORD_S = 0.2


def transcribe(path: Path, request: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Sentences with the times of their second; none where there is only silence."""
    start, end = request["start"], request["end"]
    samples = np.fromfile(path, np.int16, end - start, offset=2 * start)
    yield {"language": request["language"] or "en"}
    if np.abs(samples).max(initial=0) < 100:
        return
    if request["prompt"] == "crash":
        os._exit(1)
    for second in range(max(1, round(samples.size / 16_000))):
        at_s = start / 16_000 + second
        text = f" {'Translated' if request['task'] == 'translate' else 'Sentence'} {int(at_s)}."
        words = [[text.split(maxsplit=1)[0], at_s, at_s + 0.5], [text.split()[1], at_s + 0.5, at_s + 0.9]]
        yield {
            "segment": {
                "start_s": at_s,
                "end_s": at_s + 0.9,
                "text": text,
                "tokens": [1, 2],
                "temperature": 0.0,
                "avg_logprob": -0.2,
                "compression_ratio": 1.0,
                "no_speech_prob": 0.1,
                "words": words if request["words"] else [],
            }
        }


def speak(path: Path, request: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """A tone for each word, a piece for each sentence."""
    words = [w for w in request["text"].split() if w.strip(".!?").isalnum()]
    if not words:
        raise Unreadable("holds no word that this voice can speak. It speaks English.")
    if "crash" in words:
        os._exit(1)
    encoder = Encoder(request["format"], RATE_HZ)
    for sentence in filter(str.strip, request["text"].split(".")):
        if "slow" in sentence:
            time.sleep(600)
        lasts_s = len(sentence.split()) * WORD_S / request["speed"]
        tone = np.sin(np.arange(int(lasts_s * RATE_HZ)) * 2 * np.pi * 220 / RATE_HZ)
        yield {"audio": base64.b64encode(encoder.encode((tone * 9000).astype(np.int16))).decode()}
    yield {"audio": base64.b64encode(encoder.end()).decode()}


if __name__ == "__main__":
    serve(by_kind({"transcribe": transcribe, "speak": speak}), "broke.")
