"""Speech: word errors of a round trip by two voices, clean and in noise; transcription against real time; a spoken turn by stage."""

from __future__ import annotations

import io
import itertools
import re
import statistics
import tempfile
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.local_chat import _served
from benchmarks.report import Figure, at_least, at_most
from services.clients import Connection
from services.engines.registry import Engines
from services.media.audio.encoding import wav_header
from services.media.audio.recordings import Recordings
from services.media.audio.sentences import Sentences
from services.settings import get_settings

EARS = "whisper-base"
VOICES = (("hibari-heart", "heart"), ("kokoro-82m", "george"))
RATE_HZ = 16_000
NOISE_DB = 15
"""Speech is this much louder than the noise."""
SENTENCES = tuple(Path(__file__).with_name("spoken_sentences.txt").read_text(encoding="utf-8").splitlines())
QUESTION = "I am going to Norway in spring. What is the capital, and what should I see there first?"
SYSTEM = (
    "You are spoken to. Answer in one to three short sentences, in plain words, without lists or Markdown."
)
TURNS = 4
NUMBERS = {
    word: str(n)
    for n, word in enumerate(("zero", "one", "two", "three", "four", "five", "six", "seven", "eight"))
}


def figures(quick: bool = False) -> list[Figure]:
    """Word errors by voice, speed, and the stages of a spoken turn."""
    with tempfile.TemporaryDirectory() as home:
        settings = get_settings().model_copy(update={"home": Path(home), "requests_per_minute": 0})
        engines = Engines(settings.models_dir, settings.chat_model, settings.context_tokens, on_demand=True)
        with _served(settings, engines) as base_url:
            bench = _Bench(Connection("Local", "local", base_url, settings.own_key()), engines.chat.model_id)
            try:
                return bench.measure(SENTENCES[:2] if quick else SENTENCES, 1 if quick else TURNS)
            finally:
                bench.recordings.close()


class _Bench:
    def __init__(self, connection: Connection, chat_model: str) -> None:
        import openai

        self.client = openai.OpenAI(base_url=connection.base_url, api_key=connection.api_key, max_retries=0)
        self.chat_model = chat_model
        self.recordings = Recordings()

    def measure(self, sentences: Iterable[str], turns: int) -> list[Figure]:
        sentences = tuple(sentences)
        self.hear(self.say(*VOICES[0], "Warm up."))
        found = []
        for model, voice in VOICES:
            spoken = [self.say(model, voice, sentence) for sentence in sentences]
            for how, limit in (("clean", 0.05), ("in noise", 0.10)):
                errors = words = 0
                for number, (sentence, sound) in enumerate(zip(sentences, spoken, strict=True)):
                    heard = self.hear(sound if how == "clean" else noisy(sound, number))
                    wrong, of = word_errors(sentence, heard)
                    errors, words = errors + wrong, words + of
                what = f"word errors of {len(sentences)} sentences, {model} {how}"
                found.append(at_most(what, round(errors / words, 4), limit, "share"))
        return [*found, *self.one_recording(sentences), *self.spoken_turn(turns)]

    def one_recording(self, sentences: Iterable[str]) -> list[Figure]:
        """Word errors and speed of all sentences by both voices, one after the other with pauses, as one recording."""
        rng, said, parts = np.random.default_rng(0), "", list[np.ndarray]()
        for voice, sentence in itertools.product(VOICES, sentences):
            pause = np.zeros(int(rng.uniform(0.3, 1.2) * RATE_HZ), np.int16)
            parts += [self.say(*voice, sentence), pause]
            said += f" {sentence}"
        whole = np.concatenate(parts)
        began = time.perf_counter()
        heard = self.hear(whole)
        took_s, lasts_s = time.perf_counter() - began, whole.size / RATE_HZ
        wrong, of = word_errors(said, heard)
        return [
            at_most(
                f"word errors of one recording of {lasts_s / 60:.0f} minutes",
                round(wrong / of, 4),
                0.05,
                "share",
            ),
            at_least("transcription, times real time", round(lasts_s / took_s, 2), 2.5, "×"),
        ]

    def say(self, model: str, voice: str, text: str) -> np.ndarray:
        sound = self.client.audio.speech.create(model=model, voice=voice, input=text, response_format="wav")
        return np.frombuffer(self.recordings.samples(sound.content, RATE_HZ), np.int16)

    def hear(self, samples: np.ndarray) -> str:
        heard: Any = self.client.audio.transcriptions.create(
            model=EARS,
            file=("a.wav", io.BytesIO(wav_header(samples.nbytes, RATE_HZ) + samples.tobytes())),
            language="en",
        )
        return str(heard.text)

    def spoken_turn(self, turns: int) -> list[Figure]:
        """From the end of speech, without the pause that tells it, to each stage; medians. The first turn warms the cache."""
        samples = self.say(*VOICES[0], QUESTION)
        stages = [self._turn(samples) for _ in range(turns + 1)]
        medians = [statistics.median(column) for column in zip(*stages[1:], strict=True)]
        seconds = samples.size / RATE_HZ
        what = f"end of {seconds:.1f} s of speech to"
        return [
            at_most(f"{what} transcript", round(medians[0], 2), 1.5, "s"),
            at_most(f"{what} first token", round(medians[1], 2), 2.5, "s"),
            at_most(f"{what} first sound", round(medians[2], 2), 3.0, "s"),
        ]

    def _turn(self, samples: np.ndarray) -> tuple[float, float, float]:
        began = time.perf_counter()
        said = self.hear(samples)
        transcript_s = time.perf_counter() - began
        cut, first_token_s = Sentences(), 0.0
        messages: Any = [{"role": "system", "content": SYSTEM}, {"role": "user", "content": said}]
        with self.client.chat.completions.create(
            model=self.chat_model, messages=messages, stream=True, max_tokens=80
        ) as answer:
            for chunk in answer:
                text = chunk.choices[0].delta.content if chunk.choices else None
                if not text:
                    continue
                first_token_s = first_token_s or time.perf_counter() - began
                if sentences := cut.feed(text):
                    self.say(*VOICES[0], sentences[0])
                    return transcript_s, first_token_s, time.perf_counter() - began
        self.say(*VOICES[0], cut.end()[0])
        return transcript_s, first_token_s, time.perf_counter() - began


def noisy(samples: np.ndarray, seed: int) -> np.ndarray:
    """The samples with noise NOISE_DB below them."""
    level = np.sqrt(np.square(samples.astype(float)).mean()) / 10 ** (NOISE_DB / 20)
    noise = np.random.default_rng(seed).normal(0, level, samples.size)
    return (samples + noise).clip(-32768, 32767).astype(np.int16)


def word_errors(said: str, heard: str) -> tuple[int, int]:
    """Words to insert, delete or replace, and the words said; spelling of numbers and capitals do not count."""
    a, b = _words(said), _words(heard)
    row = list(range(len(b) + 1))
    for i, word in enumerate(a, 1):
        before, row[0] = row[0], i
        for j, other in enumerate(b, 1):
            before, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, before + (word != other))
    return row[-1], len(a)


def _words(text: str) -> list[str]:
    plain = re.sub(r"[^a-z0-9' ]", " ", text.lower().replace("-", " "))
    return [NUMBERS.get(word, word) for word in plain.split()]
