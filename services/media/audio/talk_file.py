"""A whole talk as text, as subtitles, and as one audio file."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from services.media.audio.joining import PAUSE_MS, RATE_HZ, SAME_SPEAKER_PAUSE_MS, Spoken, joined
from services.media.audio.recordings import Recordings
from services.media.audio.sentences import sentences
from services.media.audio.subtitles import Cue, srt
from services.turns import Turn

YOU, ANSWER = "You", "Answer"
Say = Callable[[Sequence[str]], list[bytes]]
"""Speaks what there is no sound of. Blocks."""


@dataclass(frozen=True, slots=True)
class Passage:
    """What one side said: its words, and the sounds of it in order, empty where there are none."""

    who: str
    text: str
    sounds: tuple[bytes, ...] = ()


@dataclass(frozen=True, slots=True)
class TalkFile:
    """The audio file (MP3) and its subtitles (SubRip)."""

    sound: bytes
    subtitles: str


def passages(
    turns: Sequence[Turn], sounds: Callable[[str], tuple[bytes, tuple[bytes, ...]]]
) -> list[Passage]:
    """The talk as passages; `sounds` gives the recording and the spoken answer of a turn."""
    found = []
    for turn in turns:
        recording, answer = sounds(turn.id)
        found.append(Passage(YOU, turn.user.content, (recording,) if recording else ()))
        if turn.text:
            found.append(Passage(ANSWER, turn.text, answer))
    return found


def as_text(talk: Sequence[Passage]) -> str:
    """The talk as plain text."""
    return "\n\n".join(f"{passage.who}: {passage.text.strip()}" for passage in talk) + "\n"


def as_file(talk: Sequence[Passage], recordings: Recordings, say: Say) -> TalkFile:
    """The talk in one file; what has no sound is spoken. Raises AppError."""
    parts: list[Spoken] = []
    cues: list[Cue] = []
    at_s, before = 0.0, ""
    for passage in talk:
        for sound in passage.sounds or say(sentences(passage.text)):
            if before:
                at_s += (SAME_SPEAKER_PAUSE_MS if passage.who == before else PAUSE_MS) / 1000
            samples = recordings.samples(sound, RATE_HZ)
            lasts_s = len(samples) / (2 * RATE_HZ)
            parts.append(Spoken(samples, passage.who))
            cues = _with(cues, Cue(at_s, at_s + lasts_s, f"{passage.who}: {passage.text.strip()}"))
            at_s, before = at_s + lasts_s, passage.who
    return TalkFile(joined(parts), srt(cues))


def _with(cues: list[Cue], cue: Cue) -> list[Cue]:
    """Sounds of one passage are one cue."""
    if cues and cues[-1].text == cue.text:
        return [*cues[:-1], Cue(cues[-1].start_s, cue.end_s, cue.text)]
    return [*cues, cue]
