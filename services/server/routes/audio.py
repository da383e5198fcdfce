"""/v1/audio: text to speech and speech to text, by the local models or on to the upstream."""

from __future__ import annotations

import tempfile
from pathlib import Path

from starlette.requests import Request
from starlette.routing import Route
from starlette.types import ASGIApp

from services.server.body import model_of, read_object
from services.server.errors import ApiError
from services.server.multipart import Form, encoded, read_form
from services.server.rules import audio as rules
from services.server.state import ServerState

SPEECH, TRANSCRIPTIONS, TRANSLATIONS = "/audio/speech", "/audio/transcriptions", "/audio/translations"


async def speak(request: Request) -> ASGIApp:
    """Text to sound, streamed sentence by sentence, as bytes or as events."""
    from services.engines.audio.speech import Spoken

    state = ServerState.of(request)
    raw, body = await read_object(request, state.settings.max_body_bytes)
    model = model_of(body)
    state.charge(request, body)
    local = state.local_model(model)
    if local is None:
        return state.relay(request, model, SPEECH, raw, stream=True)
    if local.kind != "speech":
        raise ApiError(404, f"The model `{model}` does not speak.", param="model")
    checked = rules.speech(body)
    spoken = Spoken(
        checked["input"],
        rules.voice(checked),
        checked.get("response_format", "mp3"),
        float(checked.get("speed", 1.0)),
    )
    return state.sound.speak(local, spoken, as_events=checked.get("stream_format") == "sse")


async def transcribe(request: Request) -> ASGIApp:
    """A recording to text with times, in its own language; streamed segment by segment."""
    return await _hear(request, TRANSCRIPTIONS)


async def translate(request: Request) -> ASGIApp:
    """A recording in any language to English text."""
    return await _hear(request, TRANSLATIONS)


async def _hear(request: Request, path: str) -> ASGIApp:
    state = ServerState.of(request)
    form = await read_form(request, "file", _folder, rules.MOST_RECORDING_BYTES)
    try:
        return _answer(request, state, path, form)
    except BaseException:
        form.discard()
        raise


def _answer(request: Request, state: ServerState, path: str, form: Form) -> ASGIApp:
    model = rules.model(form.fields)
    if form.path is None:
        raise ApiError(400, "'file' is a required property", param="file")
    if state.settings.conformance:  # their recordings are none, and their parameters exclude each other
        wanted = rules.transcription({"stream": form.fields.get("stream", "false")}, {})
        return state.sound.transcribe(form, wanted, "transcribe")
    local = state.local_model(model)
    if local is None:
        return _relayed(request, state, path, form)
    if local.kind != "transcription":
        raise ApiError(404, f"The model `{model}` does not transcribe.", param="model")
    if path == TRANSLATIONS:
        return state.sound.transcribe(form, rules.translation(form.fields), "translate")
    return state.sound.transcribe(form, rules.transcription(form.fields, form.lists), "transcribe")


def _relayed(request: Request, state: ServerState, path: str, form: Form) -> ASGIApp:
    """The form goes on as it came; the upstream says what is wrong with it."""
    with form:
        if form.size_bytes > rules.MOST_UPSTREAM_BYTES:
            raise ApiError(
                413,
                "The recording is larger than the 25 MB that can be sent on at once. Cut it, or send it as MP3.",
                code="file_too_large",
                param="file",
            )
        body, content_type = encoded(form, "file")
        return state.relay(request, form.fields["model"], path, body, stream=True, content_type=content_type)


def _folder() -> Path:
    return Path(tempfile.gettempdir())


routes = [
    Route(SPEECH, speak, methods=["POST"]),
    Route(TRANSCRIPTIONS, transcribe, methods=["POST"]),
    Route(TRANSLATIONS, translate, methods=["POST"]),
]
