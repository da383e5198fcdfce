"""Recordings read, cut and joined; subtitles; what it would have cost."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from decimal import Decimal
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from services.documents.limits import Limits
from services.documents.workers import Workers
from services.errors import InvalidInput
from services.media.audio.cutting import cuts
from services.media.audio.decoding import RATE_HZ
from services.media.audio.joining import RATE_HZ as JOINED_HZ
from services.media.audio.joining import Spoken, joined
from services.media.audio.recordings import MODULE, Recordings
from services.media.audio.subtitles import Cue, srt, vtt
from services.media.audio.talk_file import Passage, as_file, as_text
from services.metering.sound_prices import equivalent_price, sound_price
from tests.support.sound import encoded, silence, tone, wav

NEVER = threading.Event()


@pytest.fixture(scope="module")
def recordings() -> Iterator[Recordings]:
    made = Recordings()
    yield made
    made.close()


def test_a_long_recording_is_cut_where_it_is_quiet() -> None:
    recording = np.concatenate([tone(50), silence(0.5), tone(30), silence(0.5), tone(20)])
    bounds = [n / RATE_HZ for n in cuts(recording, RATE_HZ, 60.0)]
    assert bounds[0] == 0.0
    assert 50.0 <= bounds[1] <= 50.5
    assert bounds[-1] == pytest.approx(recording.size / RATE_HZ)


def test_blocks_are_never_longer_than_asked_even_without_a_quiet_moment() -> None:
    bounds = cuts(tone(200), RATE_HZ, 60.0)
    assert max(np.diff(bounds)) <= 60 * RATE_HZ


def test_an_hour_is_given_in_pieces_that_hold_all_of_it(recordings: Recordings, tmp_path: Path) -> None:
    path = tmp_path / "long"
    path.write_bytes(encoded(np.tile(np.concatenate([tone(59), silence(1)]), 10), "mp3"))
    pieces = list(recordings.pieces(path, "long.mp3", tmp_path, 120.0, NEVER))
    assert pieces[0].start_s == 0.0
    assert pieces[-1].end_s == pytest.approx(600, abs=1)
    assert all(a.end_s == b.start_s for a, b in pairwise(pieces))
    assert all(piece.path.read_bytes()[:4] == b"fLaC" for piece in pieces)


def test_a_process_that_is_not_given_its_memory_costs_a_sentence_and_no_more(tmp_path: Path) -> None:
    path = tmp_path / "a.wav"
    path.write_bytes(wav(tone(1)))
    recordings = Recordings()
    recordings._workers = Workers(1, Limits(memory_bytes=2**26, cpu_s=5), MODULE)
    with (
        pytest.raises(InvalidInput, match=r"a\.wav cannot be read"),
        recordings.decoded(path, "a.wav", 60, NEVER),
    ):
        pass
    recordings.close()


def test_joined_sounds_have_the_same_level_and_pauses_between() -> None:
    loud, quiet = (tone(1) // 1).astype(np.int16), (tone(1) // 20).astype(np.int16)
    sound = joined([Spoken(loud.tobytes(), "You"), Spoken(quiet.tobytes(), "Answer")], "pcm")
    samples = np.frombuffer(sound, np.int16).astype(float)
    first, pause, second = np.split(samples, [len(loud), len(loud) + int(0.6 * JOINED_HZ)])
    assert np.abs(pause).max() == 0
    assert np.sqrt((first**2).mean()) == pytest.approx(np.sqrt((second**2).mean()), rel=0.05)


def test_a_talk_becomes_text_and_one_file_with_subtitles(recordings: Recordings) -> None:
    talk = [Passage("You", "How are you?", (wav(tone(1)),)), Passage("Answer", "Fine. And you?")]
    assert as_text(talk) == "You: How are you?\n\nAnswer: Fine. And you?\n"
    asked: list[str] = []

    def say(texts: list[str]) -> list[bytes]:
        asked.extend(texts)
        return [wav(tone(0.5)) for _ in texts]

    made = as_file(talk, recordings, say)  # type: ignore[arg-type]
    assert asked == ["Fine.", "And you?"]
    assert made.subtitles.startswith("1\n00:00:00,000 --> 00:00:01,000\nYou: How are you?")
    assert made.subtitles.count("-->") == 2
    assert len(recordings.samples(made.sound, RATE_HZ)) / 2 / RATE_HZ == pytest.approx(2.75, abs=0.1)


def test_subtitles_cannot_be_broken_by_what_was_said() -> None:
    cues = [Cue(3599.9996, 3601.25, "a --> b <i>\n\nc")]
    assert srt(cues) == "1\n01:00:00,000 --> 01:00:01,250\na --> b <i>\nc\n\n"
    assert vtt(cues) == "WEBVTT\n\n01:00:00.000 --> 01:00:01.250\na --&gt; b &lt;i>\nc\n\n"


def test_sound_has_a_price_by_its_unit_or_is_unknown() -> None:
    assert sound_price("gpt-transcribe", 120.0, None) == Decimal("0.009")
    assert sound_price("tts-1", None, 1000) == Decimal("0.015")
    assert sound_price("tts-1", 60.0, None) is None
    assert sound_price("someone-elses", 60.0, 60) is None
    assert equivalent_price(60.0, 1000) == Decimal("0.0195")
