"""A spoken turn: heard, answered, and spoken sentence by sentence while the answer is still being written."""

from __future__ import annotations

import asyncio
import logging
import time
import uuid
from collections.abc import Callable, Coroutine
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Any, Literal, TypeVar

from services.errors import AppError, ModelUnavailable
from services.live import LiveTurn
from services.media.audio.sentences import Sentences
from services.media.audio.speaking import For, Sound, Voice
from services.turns import TurnStatus

log = logging.getLogger(__name__)

T = TypeVar("T")
WATCH_S = 0.1
HEAR_S, SAY_S = 180.0, 90.0
"""How long a recording of a minute may take to be heard, and a sentence to be spoken, its models not loaded yet."""
NOT_ANSWERED = "Something went wrong here before the answer came. Say it again."
NOT_SPOKEN = "Something went wrong while the answer was spoken. It is written below."
Stage = Literal["hearing", "thinking", "speaking", "done", "nothing", "failed", "stopped"]
Begin = Callable[[str], LiveTurn | None]
"""Sends the words as a turn; None when it could not begin, and the stored turn says why. Blocks."""


@dataclass(frozen=True, slots=True)
class Utterance:
    """What somebody said, as WAV, by the browser's name for it, and how much silence told that it was over."""

    id: str
    wav: bytes = field(repr=False)
    silence_s: float


@dataclass(frozen=True, slots=True)
class Clip:
    """A stretch of the answer as sound (MP3), numbered from 0."""

    number: int
    text: str
    sound: bytes = field(repr=False)


@dataclass(slots=True)
class Latency:
    """Seconds from the end of speech until each stage was reached. `silence_s` is how long the end was waited for."""

    silence_s: float = 0.0
    transcript_s: float | None = None
    first_token_s: float | None = None
    first_sound_s: float | None = None


class VoiceTurn:
    """One recording on its way to a spoken answer. A task of the background loop writes it; any page may watch."""

    def __init__(self, sound: Sound, voice: Voice, utterance: Utterance, begin: Begin) -> None:
        self.id = uuid.uuid4().hex
        self.utterance = utterance
        self.stage: Stage = "hearing"
        self.said, self.error, self._not_spoken = "", "", ""
        self.clips: list[Clip] = []
        self.latency = Latency(utterance.silence_s)
        self.live: LiveTurn | None = None
        self._sound, self._voice, self._begin = sound, voice, begin
        self._arrived = time.perf_counter()
        self._sentences: asyncio.Queue[str | None] = asyncio.Queue()
        self._future: Future[None] = sound.loop.start(self._run())

    @property
    def is_over(self) -> bool:
        """Whether nothing more will come."""
        return self.stage in ("done", "nothing", "failed", "stopped")

    @property
    def answer(self) -> str:
        """The answer as far as it is written."""
        return self.live.turn.text if self.live else ""

    def stop(self) -> None:
        """End it: the model stops, nothing more is spoken, and what had arrived stays."""
        if self.live is not None:
            self.live.stop()
        self._future.cancel()

    async def _run(self) -> None:
        """However this ends, the turn is over afterwards: a page waits for it."""
        try:
            await self._hear_and_answer()
        except asyncio.CancelledError:
            self.stage = "stopped"
            raise
        except AppError as error:
            self._fail(error.user_message)
        except Exception:
            log.exception("a spoken turn failed")
            self._fail(NOT_ANSWERED)

    async def _hear_and_answer(self) -> None:
        heard = await _within(
            HEAR_S,
            self._sound.hear(self._voice, "speech.wav", self.utterance.wav, For()),
            "What you said took too long to be understood. Say it again, or choose a faster model.",
        )
        self.latency.transcript_s = self._since_end()
        self.said = heard.text
        if not heard.text:
            self.stage = "nothing"
            return
        self.stage = "thinking"
        self.live = await asyncio.to_thread(self._begin, heard.text)
        if self.live is None:
            self._fail("The message could not be sent. The chat page says why.")
            return
        # In a group neither waits for the other once that has failed.
        async with asyncio.TaskGroup() as group:
            group.create_task(self._read(self.live))
            group.create_task(self._speak(self.live))
        self._end(self.live)

    async def _read(self, live: LiveTurn) -> None:
        """Cut the answer into sentences as it comes."""
        cut, read, seen = Sentences(), 0, -1
        while True:
            is_over = live.done or live.is_lost
            text = live.turn.text
            if len(text) > read:
                if self.latency.first_token_s is None:
                    self.latency.first_token_s = self._since_end()
                for sentence in cut.feed(text[read:]):
                    self._sentences.put_nowait(sentence)
                read = len(text)
            if is_over:
                break
            seen = await asyncio.to_thread(live.wait, seen, WATCH_S)
        for sentence in cut.end():
            self._sentences.put_nowait(sentence)
        self._sentences.put_nowait(None)

    async def _speak(self, live: LiveTurn) -> None:
        """Speak what was cut. What cannot be spoken is still written to its end, and then said to be so."""
        made_for = For(live.turn.conversation_id, live.turn.id)
        try:
            while (sentence := await self._sentences.get()) is not None:
                sound = await _within(
                    SAY_S,
                    self._sound.say(self._voice, sentence, made_for),
                    "The voice took too long, so the answer is only written. Try another voice.",
                )
                if self.latency.first_sound_s is None:
                    self.latency.first_sound_s = self._since_end()
                self.stage = "speaking"
                self.clips.append(Clip(len(self.clips), sentence, sound))
        except AppError as error:
            self._not_spoken = error.user_message
        except Exception:
            log.exception("a sentence could not be spoken")
            self._not_spoken = NOT_SPOKEN

    def _end(self, live: LiveTurn) -> None:
        if live.turn.status is TurnStatus.FAILED:
            self._fail(live.turn.error or "The answer failed. Try again.")
        elif live.turn.status is TurnStatus.AWAITING_APPROVAL:
            self._fail("The answer waits for a tool to be allowed. Open it on its page to go on.")
        elif live.is_lost:
            self._fail(NOT_ANSWERED)
        elif self._not_spoken:
            self._fail(self._not_spoken)
        else:
            self.stage = "done"

    def _fail(self, sentence: str) -> None:
        self.stage, self.error = "failed", sentence

    def _since_end(self) -> float:
        return self.latency.silence_s + time.perf_counter() - self._arrived


async def _within(seconds: float, work: Coroutine[Any, Any, T], too_long: str) -> T:
    """What `work` gives. Raises ModelUnavailable with `too_long` when it takes longer."""
    try:
        async with asyncio.timeout(seconds):
            return await work
    except TimeoutError:
        raise ModelUnavailable(too_long) from None
