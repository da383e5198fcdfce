"""/v1/images: pictures from words and edits of them, by the local illustrator or on to the upstream."""

from __future__ import annotations

import asyncio

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Message

from services.documents.image_metadata import without_metadata
from services.media.images.looking import as_wire
from services.media.images.pictures import MOST_BYTES
from services.server.body import model_of, read_bounded, read_object
from services.server.errors import ApiError
from services.server.local_answers import EventStream, WholeAnswer
from services.server.pictures import Upload
from services.server.rules import images as rules
from services.server.state import ServerState

GENERATIONS, EDITS, VARIATIONS = "/images/generations", "/images/edits", "/images/variations"
FACTS = "/images/facts"
MOST_FORM_BYTES = 100 * 2**20
MOST_FIELDS = 64
MOST_FIELDS_BYTES = 2**20


async def generate(request: Request) -> ASGIApp:
    """Pictures from a prompt, whole or with partial ones streamed before."""
    state = ServerState.of(request)
    raw, body = await read_object(request, state.settings.max_body_bytes)
    if state.settings.conformance:
        return _fixed("image_generation", body.get("stream") is True)
    model = model_of({"model": body.get("model") or rules.MODEL})
    state.charge(request, body)
    local = state.local_model(model)
    if local is None:
        return state.relay(request, model, GENERATIONS, raw, stream=body.get("stream") is True)
    if local.kind != "illustration":
        raise _draws_not(model)
    wanted = await asyncio.to_thread(rules.generation, body)
    if wanted.stream:
        return EventStream(state.pictures.generate_events(wanted))
    return WholeAnswer(state.pictures.generate(wanted))


async def edit(request: Request) -> ASGIApp:
    """Pictures changed as a prompt says, within a mask where there is one."""
    state = ServerState.of(request)
    raw = await read_bounded(request, MOST_FORM_BYTES)
    fields, uploads = await _form(request, raw)
    if state.settings.conformance:
        return _fixed("image_edit", fields.get("stream") == "true")
    model = fields.pop("model", "") or rules.MODEL
    state.charge(request, {"prompt": fields.get("prompt", "")})
    local = state.local_model(model)
    if local is None:
        kind = request.headers.get("content-type", "")
        raw = await asyncio.to_thread(_without_metadata, raw, uploads)
        return state.relay(
            request, model, EDITS, raw, stream=fields.get("stream") == "true", content_type=kind
        )
    if local.kind != "illustration":
        raise _draws_not(model)
    wanted = await asyncio.to_thread(rules.edit, fields)
    if wanted.stream:
        return EventStream(state.pictures.edit_events(wanted, uploads))
    return WholeAnswer(state.pictures.edit(wanted, uploads))


async def facts(request: Request) -> Response:
    """What programs can tell of a picture: its text with boxes, what is likely on it, its colors, its size."""
    state = ServerState.of(request)
    _, uploads = await _form(request, await read_bounded(request, MOST_BYTES + MOST_FIELDS_BYTES))
    data = next((upload.data for upload in uploads if upload.field == "image"), None)
    if data is None:
        raise ApiError(400, "'image' is a required property", param="image")
    return JSONResponse(as_wire(await state.eyes.look(data)))


async def variations(request: Request) -> ASGIApp:
    """Retired by OpenAI; answers 404 and says so."""
    if ServerState.of(request).settings.conformance:
        return _fixed("image_variation", stream=False)
    raise ApiError(
        404,
        "This endpoint is retired and no longer accepts requests. Ask for a variation as an edit: POST /v1/images/edits.",
        code="endpoint_retired",
    )


def _fixed(kind: str, stream: bool) -> ASGIApp:
    from services.server import conformance

    return conformance.pictures(kind, stream=stream)


async def _form(request: Request, raw: bytes) -> tuple[dict[str, str], list[Upload]]:
    """The fields and the files of a form that was read as a whole. ApiError 400 for what is no form."""
    from starlette.datastructures import UploadFile
    from starlette.exceptions import HTTPException

    async def replay() -> Message:
        return {"type": "http.request", "body": raw, "more_body": False}

    if not request.headers.get("content-type", "").lower().startswith("multipart/form-data"):
        raise _no_form()
    fields, uploads = dict[str, str](), list[Upload]()
    try:
        parts = Request(request.scope, replay).form(max_files=rules.MOST_INPUTS + 2, max_fields=MOST_FIELDS)
        async with parts as form:
            for name, value in form.multi_items():
                if isinstance(value, UploadFile):
                    uploads.append(Upload(name, value.filename or "", await value.read()))
                else:
                    fields[name] = value
    except (HTTPException, KeyError, UnicodeDecodeError, ValueError):
        raise _no_form() from None
    return fields, uploads


def _without_metadata(raw: bytes, uploads: list[Upload]) -> bytes:
    """The form with its pictures freed of where they were taken. A form holds the bytes of a file as they are."""
    for upload in uploads:
        clean = without_metadata(upload.data)
        if clean != upload.data:
            raw = raw.replace(upload.data, clean)
    return raw


def _no_form() -> ApiError:
    return ApiError(
        400, "We could not parse the form of your request: it is no complete 'multipart/form-data'."
    )


def _draws_not(model: str) -> ApiError:
    return ApiError(404, f"The model `{model}` does not make pictures.", param="model")


routes = [
    Route(GENERATIONS, generate, methods=["POST"]),
    Route(EDITS, edit, methods=["POST"]),
    Route(FACTS, facts, methods=["POST"]),
    Route(VARIATIONS, variations, methods=["POST"]),
]
