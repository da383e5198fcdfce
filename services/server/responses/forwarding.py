"""Which requests go on to the upstream: those an upstream with Responses can serve, and that name nothing of ours."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from sqlalchemy.orm import Session
from starlette.requests import Request

from services.server.errors import ApiError
from services.server.relay import Relay
from services.server.runs.caller import caller_of
from services.server.runs.events import encoded
from services.server.store.database import ServerDatabase
from services.server.store.lookup import find_or_none
from services.server.upstream import Upstream
from services.server.vision import cleaned_request
from services.storage.api_tables import ApiRow, FileRow, VectorStoreRow
from services.storage.response_tables import ContainerRow, ConversationStateRow, ResponseRow

if TYPE_CHECKING:
    from services.engines.registry import Engines

SEQUENCE_NUMBER = re.compile(rb'"sequence_number": ?(\d{1,9})')

Wire = dict[str, Any]
Named = tuple[type[ApiRow], Any]


class Forwarding:
    """Decides for each request, and passes it on.

    What lies upstream knows no owners of ours: where several share the installation's key, nothing is passed on with it.
    `default_upstream` is for callers who bring a key of their own.
    """

    def __init__(
        self,
        database: ServerDatabase,
        engines: Engines,
        upstream: Upstream | None,
        default_upstream: Upstream | None,
        *,
        is_shared: bool,
    ) -> None:
        self._database, self._engines, self._is_shared = database, engines, is_shared
        self._upstream, self._default_upstream = upstream, default_upstream

    async def of_body(self, request: Request, path: str, raw: bytes, body: Wire) -> Relay | None:
        """The answer of the upstream to what this body asks; None when it is for us."""
        upstream = self._upstream_for(request)
        model = body.get("model")
        if upstream is None or (isinstance(model, str) and self._is_local(model)):
            return None
        if await self._database.read(_names_ours, request.state.owner, list(_named_in(body))):
            return None
        clean = await asyncio.to_thread(cleaned_request, raw, body)
        return _relay(request, upstream, path, clean, is_stream=body.get("stream") is True)

    async def of_id(
        self, request: Request, row_type: type[ApiRow], object_id: str, raw: bytes | None = None
    ) -> Relay | None:
        """The answer of the upstream about an object that is not ours; None when it is, or nobody else keeps any."""
        upstream = self._upstream_for(request)
        if upstream is None:
            return None
        if await self._database.read(_names_ours, request.state.owner, [(row_type, object_id)]):
            return None
        path = quote(request.scope["path"].removeprefix(request.scope.get("root_path", "")))
        query = f"?{request.url.query}" if request.url.query else ""
        is_stream = request.query_params.get("stream") == "true"
        return _relay(request, upstream, path + query, raw, is_stream=is_stream)

    def _upstream_for(self, request: Request) -> Upstream | None:
        if caller_of(request).key is not None:
            upstream = self._upstream or self._default_upstream
        else:
            upstream = None if self._is_shared else self._upstream
        return upstream if upstream is not None and upstream.keeps_responses else None

    def _is_local(self, model: str) -> bool:
        return self._engines.resolve(model, has_upstream=True) is not None


class ResponseRelay(Relay):
    """The upstream's answer, with breaks told as a stream of a response tells errors."""

    def _said_of(self, problem: ApiError, told: bytes) -> bytes:
        numbers = SEQUENCE_NUMBER.findall(told)
        event = {
            "type": "error",
            "code": problem.code,
            "message": problem.message,
            "param": problem.param,
            "sequence_number": int(numbers[-1]) + 1 if numbers else 0,
        }
        return encoded("error", event)


def _relay(request: Request, upstream: Upstream, path: str, raw: bytes | None, *, is_stream: bool) -> Relay:
    headers = upstream.headers_for(request.headers, stream=is_stream)
    if (key := caller_of(request).key) is not None:
        headers["authorization"] = f"Bearer {key}"
    return ResponseRelay(upstream, path, headers, raw, request.method)


def _names_ours(session: Session, owner: str, named: list[Named]) -> bool:
    """Whether any of these objects is the owner's, here."""
    return any(
        isinstance(wanted, str) and find_or_none(session, row_type, owner, wanted) is not None
        for row_type, wanted in named
    )


def _named_in(body: Wire) -> Iterator[Named]:
    """What an unchecked request names that may be ours."""
    yield ResponseRow, body.get("previous_response_id")
    conversation = body.get("conversation")
    yield ConversationStateRow, conversation.get("id") if isinstance(conversation, dict) else conversation
    for tool in _objects(body.get("tools")):
        for store_id in _listed(tool.get("vector_store_ids")):
            yield VectorStoreRow, store_id
        container = tool.get("container")
        yield ContainerRow, container
        for file_id in _listed(container.get("file_ids")) if isinstance(container, dict) else ():
            yield FileRow, file_id
    for item in _objects(body.get("input")):
        for part in _objects(item.get("content")):
            yield FileRow, part.get("file_id")


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _objects(value: Any) -> Iterator[Wire]:
    return (entry for entry in _listed(value) if isinstance(entry, dict))
