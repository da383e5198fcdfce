"""Sound over the SDK: a recording heard, a sentence spoken, each entered in the ledger."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from services.clients import Connection, as_app_error, open_client
from services.errors import AppError
from services.loop import BackgroundLoop
from services.media.audio.subtitles import Cue
from services.metering.budgets import Budgets
from services.metering.ledger import Ledger
from services.metering.records import CallRecord
from services.metering.sound_prices import sound_price
from services.turns import Usage

if TYPE_CHECKING:
    import openai

log = logging.getLogger(__name__)

LOCAL_EARS, LOCAL_VOICE, LOCAL_VOICES = "whisper-base", "hibari-heart", "kokoro-82m"
OPENAI_EARS, OPENAI_VOICE = "gpt-transcribe", "gpt-4o-mini-tts"
MODE = "audio"
RATE_HZ = 16_000


@dataclass(frozen=True, slots=True)
class Voice:
    """Who listens and who speaks. `language` is a code such as `en`; None finds out, and takes longer."""

    connection: Connection
    ears: str
    speaker: str
    name: str
    speed: float = 1.0
    language: str | None = None


@dataclass(frozen=True, slots=True)
class Heard:
    """What was said in a recording, and when."""

    text: str
    cues: tuple[Cue, ...]
    duration_s: float | None
    language: str | None = None


@dataclass(frozen=True, slots=True)
class For:
    """The turn a call is made for, as the ledger keeps it."""

    conversation_id: str | None = None
    turn_id: str | None = None


@dataclass(frozen=True, slots=True)
class _Call:
    """A call that is being made."""

    voice: Voice
    model: str
    made_for: For
    began: float = field(default_factory=time.perf_counter)


class Sound:
    """Listens and speaks over connections, on the background loop."""

    def __init__(self, loop: BackgroundLoop, ledger: Ledger, budgets: Budgets) -> None:
        self.loop, self._ledger, self._budgets = loop, ledger, budgets

    async def hear(
        self, voice: Voice, name: str, recording: bytes, made_for: For, known_s: float | None = None
    ) -> Heard:
        """The words of a recording. `known_s` is its length, where known. Raises AppError."""
        call = _Call(voice, voice.ears, made_for)
        given: dict[str, Any] = {"file": (name, recording), "model": voice.ears}
        if voice.language:
            given["language"] = voice.language
        with_times = voice.ears in (LOCAL_EARS, "whisper-1")
        if with_times:
            given["response_format"] = "verbose_json"
        await self._check_budget(call, sound_price(voice.ears, known_s, None))
        try:
            answer: Any = await self._client(voice.connection).audio.transcriptions.create(**given)
        except Exception as error:
            await self._enter(call, "failed")
            raise as_app_error(error, voice.connection) from error
        duration_s = getattr(answer, "duration", None) or known_s
        await self._enter(call, "completed", audio_s=duration_s)
        cues = [Cue(s.start, s.end, s.text.strip()) for s in getattr(answer, "segments", None) or ()]
        if not cues and answer.text.strip():
            cues = [Cue(0.0, duration_s or 0.0, answer.text.strip())]
        return Heard(answer.text.strip(), tuple(cues), duration_s, getattr(answer, "language", None))

    async def say(self, voice: Voice, text: str, made_for: For) -> bytes:
        """The text as MP3. Raises AppError."""
        call = _Call(voice, voice.speaker, made_for)
        await self._check_budget(call, sound_price(voice.speaker, None, len(text)))
        try:
            answer = await self._client(voice.connection).audio.speech.create(
                model=voice.speaker, voice=voice.name, input=text, speed=voice.speed, response_format="mp3"
            )
            sound = answer.content
        except Exception as error:
            await self._enter(call, "failed")
            raise as_app_error(error, voice.connection) from error
        await self._enter(call, "completed", characters=len(text))
        return sound

    async def say_all(self, voice: Voice, texts: Sequence[str], made_for: For) -> list[bytes]:
        """Each text as MP3, one after the other."""
        return [await self.say(voice, text, made_for) for text in texts]

    async def warm_up(self, voice: Voice) -> None:
        """Have local models load: a moment of silence is heard, and one word spoken. Costs nothing, and fails silently."""
        from services.media.audio.encoding import wav_header

        silence = wav_header(RATE_HZ, RATE_HZ) + bytes(RATE_HZ)
        client = self._client(voice.connection)
        with suppress(Exception):
            await asyncio.gather(
                client.audio.transcriptions.create(
                    file=("silence.wav", silence), model=voice.ears, language="en"
                ),
                client.audio.speech.create(model=voice.speaker, voice=voice.name, input="Hello."),
            )

    def _client(self, connection: Connection) -> openai.AsyncOpenAI:
        return open_client(connection, self.loop.pool(connection.base_url))

    async def _check_budget(self, call: _Call, expected_usd: Decimal | None) -> None:
        """Raises BudgetExceeded when a hard limit is used up or this call would pass it."""
        check, is_local = self._budgets.check, call.voice.connection.is_local
        now = datetime.now(UTC)
        of = call.made_for.conversation_id
        await asyncio.to_thread(check, self._ledger, of, expected_usd, now, local=is_local)

    async def _enter(
        self, call: _Call, status: str, audio_s: float | None = None, characters: int | None = None
    ) -> None:
        connection, made_for = call.voice.connection, call.made_for
        record = CallRecord(
            at=datetime.now(UTC),
            connection=connection.name,
            mode=MODE,
            model=call.model,
            answered_by=call.model,
            usage=Usage(0, 0) if status == "completed" else Usage(),
            status=status,
            conversation_id=made_for.conversation_id,
            turn_id=made_for.turn_id,
            cost_usd=Decimal(0) if connection.is_local else sound_price(call.model, audio_s, characters),
            duration_s=time.perf_counter() - call.began,
            local=connection.is_local,
            audio_s=audio_s,
            characters=characters,
        )
        try:
            await asyncio.to_thread(self._ledger.record, record)
        except AppError as error:  # the sound is there and paid for: keep it, as a turn keeps its words
            log.warning("not entered in the ledger: %s", error.user_message)
