"""What callers may ask of responses: start one, follow it, cancel it, delete it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from typing import Any

from services.server.errors import ApiError
from services.server.responses import included, replay
from services.server.responses.answering import Means
from services.server.responses.asides import Asides
from services.server.responses.executor import CANCELLED, ResponseExecutor
from services.server.responses.items import Item
from services.server.responses.live import Live
from services.server.responses.log import NumberedLog
from services.server.responses.output import Output
from services.server.responses.preparing import asked_of
from services.server.responses.wire import body_of
from services.server.runs.caller import Caller
from services.server.runs.models import FindsModels
from services.server.store import responses
from services.server.store.clock import now
from services.server.store.ids import new_id
from services.server.store.lookup import is_relaxed
from services.server.store.pages import Paging
from services.server.store.responses import ACTIVE, IN_PROGRESS, QUEUED, Kept

LAST_WORDS_S = 2.0

Wire = dict[str, Any]
Include = frozenset[str]


class ResponseService:
    """Responses as the routes need them."""

    def __init__(self, means: Means, models: FindsModels, executor: ResponseExecutor) -> None:
        self._means, self._models, self._executor = means, models, executor
        self._database = means.database
        self.asides = Asides(means, models)

    async def create(self, caller: Caller, request: Wire) -> Live:
        """Start answering a checked request. ApiError for a model or anything else that is not there."""
        model = await self._models.find(request["model"], caller.key)
        await self._last_words(caller.owner, request.get("previous_response_id"))
        asked = await asked_of(self._database, self._means.inputs, caller.owner, request)
        body = body_of(request, model.name)
        log = NumberedLog()
        live = Live(
            id=new_id("resp_"),
            owner=caller.owner,
            created_at=now(),
            status=QUEUED if body["background"] else IN_PROGRESS,
            body=body,
            asked=asked,
            model=model,
            log=log,
            include=frozenset(request.get("include") or ()),
            output=Output(log),
            is_stored=body["store"],
        )
        await self._write_down(live)
        live.announce("created")
        if live.status == QUEUED:
            live.announce("queued")
        self._executor.start(live)
        return live

    async def _last_words(self, owner: str, previous_id: str | None) -> None:
        """Wait a little for the response before, where its client has left it to go on from what had come."""
        live = self._executor.at_work(previous_id) if previous_id else None
        if live is not None and live.owner == owner and not live.is_background and live.task is not None:
            await asyncio.wait([live.task], timeout=LAST_WORDS_S)

    async def _write_down(self, live: Live) -> None:
        if not live.is_stored:
            return
        new = Kept(live.id, live.created_at, live.status, live.body)
        worker = self._executor.worker
        await self._database.write(responses.create, live.owner, new, live.asked.now, worker)
        self._executor.logs.add(live.id, live.log)

    def leave(self, live: Live) -> None:
        """Its client has left: what is not in the background ends."""
        if not live.is_background:
            live.interrupt(CANCELLED)

    async def retrieve(self, owner: str, response_id: str, include: Include = frozenset()) -> Wire:
        """One response, as it stands at this moment."""
        live = self._executor.at_work(response_id)  # asked first: the record must not be the older
        kept = await self._database.read(responses.retrieve, owner, response_id)
        if live is not None and kept.status in ACTIVE:
            return live.wire()
        return await self._shown(owner, kept, include)

    async def _shown(self, owner: str, kept: Kept, include: Include) -> Wire:
        return kept.wire(await self.shown(owner, kept.output, include))

    async def shown(self, owner: str, items: Sequence[Item], include: Include) -> list[Wire]:
        """Items with what `include` asks for."""

        async def picture_of(file_id: str) -> bytes | None:
            return await included.picture(self._database, self._means.blobs, owner, file_id)

        return [await included.shown(item, include, picture_of) or item.body for item in items]

    async def follow(
        self, owner: str, response_id: str, after: int | None, include: Include
    ) -> AsyncIterator[bytes]:
        """The events of a response after the one with this number; its record when they are no longer kept."""
        log = self._executor.logs.get(response_id)
        was_going_on = log is not None and not log.is_paused  # asked first: the record must not be the older
        kept = await self._database.read(responses.retrieve, owner, response_id)
        position = 0 if after is None else after + 1
        if log is not None and (was_going_on or kept.status not in ACTIVE):
            # Whoever has seen it all is told the end again, rather than nothing.
            return log.follow(min(position, len(log) - 1 if log.is_paused else len(log)))
        return replay.as_stored(await self._shown(owner, kept, include), position)

    async def citations(self, owner: str, response_id: str) -> Wire:
        """For each citation of a response so far: the words that are cited, and their pages or rows."""
        live = self._executor.at_work(response_id)  # asked first: the record must not be the older
        kept = await self._database.read(responses.retrieve, owner, response_id)
        items: Sequence[Item] = live.output.items if live and kept.status in ACTIVE else kept.output
        cited = [
            {"object": "response.citation", "item_id": item.body["id"], **citation}
            for item in items
            for citation in item.private.get("citations", ())
        ]
        return {"object": "list", "data": cited, "has_more": False}

    async def cancel(self, owner: str, response_id: str) -> Wire:
        """Stop a response in the background. ApiError 400 for any other; one that has ended stays as it is."""
        kept = await self._database.read(responses.retrieve, owner, response_id)
        if not kept.body["background"] and not await self._database.read(is_relaxed):
            raise ApiError(400, "Cannot cancel a synchronous response.", param="response_id")
        if kept.status in ACTIVE:
            await self._executor.end(response_id, CANCELLED)
        return await self.retrieve(owner, response_id)

    async def delete(self, owner: str, response_id: str) -> Wire:
        """Delete a response; one that is being written ends."""
        await self._database.read(responses.retrieve, owner, response_id)
        if self._executor.at_work(response_id) is not None:
            await self._executor.end(response_id, CANCELLED)
        self._executor.logs.forget(response_id)
        return await self._database.write(responses.delete, owner, response_id)

    async def forget_container(self, owner: str, container_id: str) -> None:
        """End what runs in a container that is deleted, and remove its folder."""
        for tool in self._means.tools.values():
            await tool.forget(owner, container_id)

    async def input_items(self, owner: str, response_id: str, paging: Paging, include: Include) -> Wire:
        """One page of what went into a response."""
        page, items = await self._database.read(responses.input_items, owner, response_id, paging)
        return {**page, "data": await self.shown(owner, items, include)}
