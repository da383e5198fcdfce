"""Speech and transcripts of the local models, as answers that begin before they are whole and end when the client leaves."""

from __future__ import annotations

import asyncio
import base64
import threading
import time
from collections.abc import AsyncGenerator, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import aclosing, suppress
from typing import TYPE_CHECKING, Any, TypeVar

from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from services.media.audio.encoding import MEDIA_TYPES
from services.server import transcripts
from services.server.disconnect import while_connected
from services.server.local_answers import EventStream
from services.server.multipart import Form
from services.server.rules.audio import Transcript

if TYPE_CHECKING:
    from services.engines.audio.speech import Spoken
    from services.engines.audio.transcription import Segment
    from services.engines.manifest import ModelEntry
    from services.engines.registry import Engines

T = TypeVar("T")
AT_ONCE = 4
"""Requests that are worked on side by side, each with a thread to go on with; others wait for one to end."""
CLOSE_POLL_S = 0.05


class SoundService:
    """What the routes of sound ask of the local models, in threads of its own: waiting for a model holds up nobody else."""

    def __init__(self, engines: Engines) -> None:
        self._engines = engines
        self._threads = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="tandem-sound")
        self._free = asyncio.Semaphore(AT_ONCE)

    def speak(self, entry: ModelEntry, spoken: Spoken, *, as_events: bool) -> ASGIApp:
        """The text as sound, or as events with pieces of it."""

        def make(cancelled: threading.Event) -> Iterator[bytes]:
            return self._engines.speech.speak(entry, spoken, cancelled)

        if as_events:
            return EventStream(_speech_events(self._in_threads(make), len(spoken.text)))
        return SoundStream(self._in_threads(make), MEDIA_TYPES[spoken.audio_format])

    def transcribe(self, form: Form, asked: Transcript, task: str) -> ASGIApp:
        """The transcript of the form's file, which is removed afterwards."""
        heard = Heard()

        def make(cancelled: threading.Event) -> Iterator[Segment]:
            return self._segments(form, asked, task, heard, cancelled)

        segments = self._in_threads(make)
        if asked.stream:
            return Keeping(form, EventStream(_transcript_events(segments)))
        return Keeping(form, WholeTranscript(segments, asked, task, heard))

    def _segments(
        self, form: Form, asked: Transcript, task: str, heard: Heard, cancelled: threading.Event
    ) -> Iterator[Segment]:
        from services.engines.audio.transcription import Asked

        assert form.path is not None
        engine, name = self._engines.transcription, form.filename[:100] or "The recording"
        how = Asked(asked.language, task == "translate", asked.prompt, asked.temperature, asked.words)
        with engine.decoded(form.path, name, cancelled) as recording:
            heard.duration_s = recording.duration_s
            yield from engine.segments(recording, how, cancelled)

    async def _in_threads(self, make: Callable[[threading.Event], Iterator[T]]) -> AsyncGenerator[T, None]:
        loop, cancelled = asyncio.get_running_loop(), threading.Event()
        # Whoever has the model must find a thread for its next piece, however many wait for the model.
        await self._free.acquire()
        pieces = make(cancelled)

        def close() -> None:
            try:
                _close(pieces)
            finally:
                with suppress(RuntimeError):  # the server has stopped
                    loop.call_soon_threadsafe(self._free.release)

        try:
            while (piece := await loop.run_in_executor(self._threads, next, pieces, None)) is not None:
                yield piece
        finally:
            # What runs in a thread notices; what waits at a `yield` is closed there, since that may block.
            cancelled.set()
            self._threads.submit(close)


class Heard:
    """How long a recording is, known once it has been read."""

    duration_s = 0.0


class Keeping:
    """An answer that needs a form's file until its end."""

    def __init__(self, form: Form, answer: ASGIApp) -> None:
        self._form, self._answer = form, answer

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        with self._form:
            await self._answer(scope, receive, send)


class WholeTranscript:
    """A transcript that is worked out while the client waits."""

    def __init__(
        self, segments: AsyncGenerator[Segment, None], asked: Transcript, task: str, heard: Heard
    ) -> None:
        self._segments, self._asked, self._task, self._heard = segments, asked, task, heard

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await while_connected(receive, self._answer(scope, receive, send))

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        async with aclosing(self._segments) as segments:
            found = [segment async for segment in segments]
        answer: Response = transcripts.answer(self._asked, found, self._heard.duration_s, self._task)
        await answer(scope, receive, send)


class SoundStream:
    """Sound that is sent as it is made. An error before its first bytes gets its own status; a later one breaks it off."""

    def __init__(self, sound: AsyncGenerator[bytes, None], media_type: str) -> None:
        self._sound, self._media_type = sound, media_type

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await while_connected(receive, self._send_all(send))

    async def _send_all(self, send: Send) -> None:
        headers = [(b"content-type", self._media_type.encode()), (b"cache-control", b"no-store")]
        async with aclosing(self._sound) as sound:
            first = await anext(sound, b"")
            await send({"type": "http.response.start", "status": 200, "headers": headers})
            await send({"type": "http.response.body", "body": first, "more_body": True})
            async for piece in sound:
                await send({"type": "http.response.body", "body": piece, "more_body": True})
        await send({"type": "http.response.body", "body": b""})


async def _speech_events(
    sound: AsyncGenerator[bytes, None], characters: int
) -> AsyncGenerator[dict[str, Any], None]:
    """Source: https://developers.openai.com/api/reference, events of speech."""
    async with aclosing(sound) as pieces:
        async for piece in pieces:
            yield {"type": "speech.audio.delta", "audio": base64.b64encode(piece).decode()}
    usage = {"input_tokens": characters, "output_tokens": 0, "total_tokens": characters}
    yield {"type": "speech.audio.done", "usage": usage}


async def _transcript_events(
    segments: AsyncGenerator[Segment, None],
) -> AsyncGenerator[dict[str, Any], None]:
    found: list[Segment] = []
    async with aclosing(segments) as understood:
        async for segment in understood:
            yield transcripts.delta(segment, is_first=not found)
            found.append(segment)
    yield transcripts.done(found)


def _close(pieces: Iterator[Any]) -> None:
    """Close what may still be running in another thread, which was told to end."""
    close = getattr(pieces, "close", None)
    while close is not None:
        try:
            close()
        except ValueError:  # it runs
            time.sleep(CLOSE_POLL_S)
        else:
            return
