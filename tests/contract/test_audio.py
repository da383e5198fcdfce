"""/v1/audio through the unmodified SDK, over scripted speech models, and passed on to an upstream."""

from __future__ import annotations

import base64
import io
import wave
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from openai import BadRequestError, InternalServerError, NotFoundError, OpenAI
from starlette.testclient import TestClient

from services.media.audio.recordings import Recordings
from tests.support.sound import encoded, silence, tone, wav
from tests.support.upstream import Script, ScriptedUpstream

SAID = "One two three. Four five."
pytestmark = pytest.mark.filterwarnings("ignore:deprecated:DeprecationWarning")


def spoken(client: OpenAI, **more: Any) -> bytes:
    return client.audio.speech.create(**{"model": "tts-1", "voice": "alloy", "input": SAID, **more}).content


def heard(client: OpenAI, sound: bytes, **more: Any) -> Any:
    return client.audio.transcriptions.create(**{"model": "whisper-1", "file": ("a.wav", sound), **more})


@pytest.mark.parametrize("audio_format", ["mp3", "opus", "aac", "flac", "wav"])
def test_speech_comes_in_every_format_and_lasts_as_long_as_it_should(
    client: OpenAI, audio_format: Any
) -> None:
    sound = spoken(client, response_format=audio_format)
    recordings = Recordings()
    try:
        seconds = len(recordings.samples(sound, 16_000)) / 32_000
    finally:
        recordings.close()
    assert seconds == pytest.approx(1.0, abs=0.15)


def test_pcm_is_24_khz_and_speed_makes_it_shorter(client: OpenAI) -> None:
    assert len(spoken(client, response_format="pcm")) == 48_000
    assert len(spoken(client, response_format="pcm", speed=2.0)) == 24_000


def test_wav_says_its_length(client: OpenAI) -> None:
    with wave.open(io.BytesIO(spoken(client, response_format="wav"))) as opened:
        assert (opened.getframerate(), opened.getnframes()) == (24_000, 24_000)


def test_speech_is_streamed_as_bytes_and_as_events(client: OpenAI, http: TestClient) -> None:
    asked = {"model": "tts-1", "voice": "alloy", "input": SAID, "response_format": "pcm"}
    with client.audio.speech.with_streaming_response.create(**asked) as answer:  # type: ignore[arg-type]
        assert sum(map(len, answer.iter_bytes())) == 48_000
    events = http.post("audio/speech", json=asked | {"stream_format": "sse"})
    assert events.headers["content-type"].startswith("text/event-stream")
    assert events.text.count("speech.audio.delta") == 2
    assert '"total_tokens":25' in events.text


def test_more_speakers_than_there_is_room_for_all_finish(client: OpenAI) -> None:
    def speak(number: int) -> int:
        return len(spoken(client, response_format="pcm" if number % 2 else "mp3"))

    with ThreadPoolExecutor(9) as people:
        assert all(people.map(speak, range(9), timeout=60))


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"voice": "nobody"}, "Choose one of: heart, alloy"),
        ({"input": " "}, "too short"),
        ({"input": "a" * 4097}, "too long"),
        ({"speed": 5.0}, "above maximum"),
        ({"response_format": "midi"}, "midi"),
        ({"input": "?!"}, "no word"),
    ],
)
def test_speech_that_cannot_be_is_refused_with_a_reason(
    client: OpenAI, wrong: dict[str, Any], says: str
) -> None:
    with pytest.raises(BadRequestError, match=says):
        spoken(client, **wrong)


def test_a_model_of_another_kind_neither_speaks_nor_listens(client: OpenAI) -> None:
    with pytest.raises(NotFoundError, match="does not speak"):
        spoken(client, model="whisper-1")
    with pytest.raises(NotFoundError, match="does not transcribe"):
        heard(client, wav(tone(1)), model="tts-1")


def test_a_crash_costs_one_answer_and_the_next_one_comes(client: OpenAI) -> None:
    with pytest.raises(InternalServerError, match="process ended"):
        spoken(client, input="crash now.")
    assert spoken(client)


@pytest.mark.parametrize("audio_format", ["mp3", "opus", "aac", "flac", "wav"])
def test_a_recording_in_any_format_is_heard(client: OpenAI, audio_format: str) -> None:
    answer = heard(client, encoded(tone(3), audio_format))
    assert answer.text == "Sentence 0. Sentence 1. Sentence 2."
    assert answer.usage.seconds in (3, 4)


def test_transcripts_come_as_text_subtitles_and_with_times(client: OpenAI) -> None:
    sound = wav(tone(2))
    assert heard(client, sound, response_format="text") == "Sentence 0. Sentence 1.\n"
    assert heard(client, sound, response_format="srt").startswith(
        "1\n00:00:00,000 --> 00:00:00,900\nSentence 0."
    )
    assert heard(client, sound, response_format="vtt").startswith("WEBVTT\n\n00:00:00.000 --> 00:00:00.900")
    verbose = heard(
        client,
        sound,
        response_format="verbose_json",
        timestamp_granularities=["word", "segment"],
        language="de",
    )
    assert (verbose.language, verbose.duration) == ("german", 2.0)
    assert [segment.start for segment in verbose.segments] == [0.0, 1.0]
    assert [word.word for word in verbose.words] == ["Sentence", "0.", "Sentence", "1."]
    only_words = heard(client, sound, response_format="verbose_json", timestamp_granularities=["word"])
    assert only_words.segments is None


def test_transcripts_are_streamed_segment_by_segment(client: OpenAI) -> None:
    events = list(heard(client, wav(tone(2)), stream=True, model="gpt-transcribe"))
    assert [e.type for e in events] == ["transcript.text.delta"] * 2 + ["transcript.text.done"]
    assert "".join(e.delta for e in events[:2]) == events[2].text == "Sentence 0. Sentence 1."


def test_a_long_recording_is_heard_in_blocks_with_times_of_the_whole(client: OpenAI) -> None:
    verbose = heard(client, wav(tone(130)), response_format="verbose_json")
    starts = [segment.start for segment in verbose.segments]
    assert starts == sorted(starts)
    assert starts[-1] > 120


def test_a_translation_is_english(client: OpenAI) -> None:
    answer = client.audio.translations.create(
        model="whisper-1", file=("a.wav", wav(tone(1))), response_format="verbose_json"
    )
    assert (answer.text, answer.language) == ("Translated 0.", "english")


def test_silence_has_no_words(client: OpenAI) -> None:
    assert heard(client, wav(silence(2))).text == ""


@pytest.mark.parametrize(
    ("sound", "says"),
    [
        (b"", "is empty"),
        (b"Dear diary, " * 500, "holds no sound"),
        (b"#EXTM3U\n#EXTINF:10,\nfile:///etc/passwd\n", "holds no sound"),
        (b"ffconcat version 1.0\nfile /etc/hostname\n", "holds no sound"),
        (bytes(range(256)) * 400, "holds no sound|cannot be read"),
    ],
)
def test_what_is_no_recording_is_refused_with_a_reason(client: OpenAI, sound: bytes, says: str) -> None:
    with pytest.raises(BadRequestError, match=says):
        heard(client, sound)


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"language": "klingon"}, "ISO-639-1"),
        ({"response_format": "diarized_json"}, "Supported values"),
        ({"temperature": 3}, "between 0 and 1"),
        ({"timestamp_granularities": ["word"]}, "verbose_json"),
        ({"known_speaker_names": ["Ada"]}, "speakers"),
        ({"include": ["logprobs"]}, "log probabilities"),
        ({"extra_body": {"colour": "red"}}, "Unknown parameter: 'colour'"),
    ],
)
def test_what_the_local_model_cannot_do_is_said(client: OpenAI, wrong: dict[str, Any], says: str) -> None:
    with pytest.raises(BadRequestError, match=says):
        heard(client, wav(tone(1)), **wrong)


def test_an_upstream_gets_the_form_as_it_came(client_before: OpenAI, upstream: ScriptedUpstream) -> None:
    upstream.default = Script(body={"text": "From upstream."})
    sound = wav(tone(1))
    answer = client_before.audio.transcriptions.create(
        model="gpt-transcribe", file=("a b.wav", sound), keywords=["Ada", "Bob"], language="en"
    )
    sent = upstream.requests[-1]
    assert answer.text == "From upstream."
    assert sent.path.endswith("/audio/transcriptions")
    assert sound in sent.raw
    assert sent.raw.count(b'name="keywords[]"') == 2
    assert b'filename="a b.wav"' in sent.raw
    assert sent.headers["Authorization"] == "Bearer sk-upstream"


def test_events_carry_sound_that_can_be_put_together(http: TestClient) -> None:
    asked = {
        "model": "tts-1",
        "voice": "heart",
        "input": SAID,
        "response_format": "pcm",
        "stream_format": "sse",
    }
    lines = http.post("audio/speech", json=asked).text.splitlines()
    pieces = [line.split('"audio":"')[1].split('"')[0] for line in lines if '"audio":"' in line]
    assert sum(len(base64.b64decode(piece)) for piece in pieces) == 48_000
