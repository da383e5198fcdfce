"""A lane in Responses: the server keeps a conversation for it, made when it is first asked. Instructions travel each time."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING, Any

from services.compare.files import sort_files
from services.compare.lane_turn import LaneTurn, explained, request_sent, said_before
from services.compare.server_files import upload
from services.documents.attachments import as_content_parts
from services.errors import UpstreamFailed
from services.modes.responses import ResponseRequest, send, unanswered
from services.turns import Event, Message, ToolCall

if TYPE_CHECKING:
    import openai

CONVERSATION, STORE, FILES, COMPUTED = "conversation_id", "vector_store_id", "file_ids", "code_file_ids"
ITEMS_AT_ONCE = 20
LOOK_EVERY_S = 0.2
LONGEST_READING_S = 300.0
GONE = (
    "The conversation of this lane is not on the server any more: somebody deleted it there. Nothing you see here is lost. "
    "Answer again, and a new conversation is made from the talk so far."
)

Wire = dict[str, Any]


async def events(client: openai.AsyncOpenAI, asked: LaneTurn) -> AsyncIterator[Event]:
    """The turn's events, what has to be made on the server first among them."""
    lane = _Lane(client, asked)
    async for event in explained(lane.events(), lane.is_gone, GONE):
        yield event


class _Lane:
    """The server's side of one lane while a turn is sent."""

    def __init__(self, client: openai.AsyncOpenAI, asked: LaneTurn) -> None:
        self._client, self._asked = client, asked
        self._ids: Wire = {}

    async def events(self) -> AsyncIterator[Event]:
        asked = self._asked
        self._ids = await asyncio.to_thread(asked.ids)
        if CONVERSATION not in self._ids:
            async for event in self._conversation():
                yield event
        elif asked.replaces is not None:
            await self._take_back()
        async for event in self._upload(asked.user):
            yield event
        request = ResponseRequest(
            model=asked.way.model.id,
            message=sort_files(asked.lane, asked.user).message,
            instructions=asked.lane.instructions,
            conversation=self._ids[CONVERSATION],
            parameters=asked.wanted.parameters,
            tools=asked.tools,
            built_in=tuple(self._built_in()),
            sees_images=asked.way.model.vision is not False,
            waiting=await asyncio.to_thread(self._left_waiting),
            is_local=asked.way.model.local,
            upstream_key=asked.way.upstream_key,
        )
        async for event in send(self._client, asked.way.connection, request):
            yield event

    async def is_gone(self) -> bool:
        """Whether the conversation was deleted on the server; then the lane forgets it."""
        from openai import NotFoundError

        if CONVERSATION not in self._ids:
            return False
        try:
            await self._client.conversations.retrieve(self._ids[CONVERSATION])
        except NotFoundError:
            del self._ids[CONVERSATION]
            await self._keep()
            return True
        return False

    async def _keep(self) -> None:
        await asyncio.to_thread(self._asked.keep, self._ids)

    async def _conversation(self) -> AsyncIterator[Event]:
        """A new conversation, with what was said before in it."""
        before = said_before(await asyncio.to_thread(self._asked.history))
        for said in before:
            async for event in self._upload(said):
                yield event
        first, rest = before[:ITEMS_AT_ONCE], before[ITEMS_AT_ONCE:]
        body: Wire = {"items": [self._item(said) for said in first]} if first else {}
        yield request_sent("/conversations", body, [said.content for said in first], len(first))
        self._ids[CONVERSATION] = (await self._client.conversations.create(**body)).id
        await self._keep()
        while rest:
            some, rest = rest[:ITEMS_AT_ONCE], rest[ITEMS_AT_ONCE:]
            items: Any = [self._item(said) for said in some]
            path = f"/conversations/{self._ids[CONVERSATION]}/items"
            yield request_sent(path, {"items": items}, [said.content for said in some], len(some))
            await self._client.conversations.items.create(self._ids[CONVERSATION], items=items)

    def _item(self, said: Message) -> Wire:
        if said.role == "assistant":
            return {
                "type": "message",
                "role": "assistant",
                "content": [{"type": "output_text", "text": said.content, "annotations": []}],
            }
        by_hand = sort_files(self._asked.lane, said).message
        text = as_content_parts(by_hand, sees_images=False)
        return {"type": "message", "role": "user", "content": text or "Here is a file."}

    async def _take_back(self) -> None:
        """Delete the message that is answered again, and what answered it."""
        replaced = self._asked.replaces
        if replaced is None or replaced.run is None:  # it never came so far
            return
        items = self._client.conversations.items
        page = await items.list(self._ids[CONVERSATION], order="desc", limit=100)
        for item in page.data:
            is_message = item.type == "message" and item.role == "user"
            if is_message and not _says(item, replaced.user.content):
                return
            if item.id is not None:
                await items.delete(item.id, conversation_id=self._ids[CONVERSATION])
            if is_message:
                return

    def _left_waiting(self) -> tuple[ToolCall, ...]:
        """Calls of the turn before that never got an answer: the server takes no message without one."""
        before = self._asked.history()
        return unanswered(before[-1]) if before and self._asked.replaces is None else ()

    # --- files ------------------------------------------------------------------------------

    async def _upload(self, said: Message) -> AsyncIterator[Event]:
        searched: list[str] = []
        uploads = sort_files(self._asked.lane, said).uploads if said.role == "user" else ()
        for file, where in uploads:
            sent, file_id = await upload(self._client, file, "assistants")
            yield sent
            self._ids[FILES] = [*self._ids.get(FILES, ()), file_id]
            if where == "code_interpreter":
                self._ids[COMPUTED] = [*self._ids.get(COMPUTED, ()), file_id]
            else:
                searched.append(file_id)
        if searched:
            async for event in self._index(searched):
                yield event
        if uploads:
            await self._keep()

    async def _index(self, file_ids: list[str]) -> AsyncIterator[Event]:
        """Put files into the lane's vector store, and wait until they can be searched."""
        stores = self._client.vector_stores
        if STORE not in self._ids:
            body: Wire = {"name": "Compare", "file_ids": file_ids}
            yield request_sent("/vector_stores", body, [])
            self._ids[STORE] = (await stores.create(**body)).id
        else:
            for file_id in file_ids:
                yield request_sent(f"/vector_stores/{self._ids[STORE]}/files", {"file_id": file_id}, [])
                await stores.files.create(self._ids[STORE], file_id=file_id)
        async with asyncio.timeout(LONGEST_READING_S):
            while (await stores.retrieve(self._ids[STORE])).file_counts.in_progress:
                await asyncio.sleep(LOOK_EVERY_S)
        await self._check_read(file_ids)

    async def _check_read(self, file_ids: list[str]) -> None:
        page = await self._client.vector_stores.files.list(self._ids[STORE], filter="failed")
        for file in page.data:
            if file.id in file_ids and file.last_error is not None:
                raise UpstreamFailed(f"A file could not be read on the server: {file.last_error.message}")

    def _built_in(self) -> list[Wire]:
        """The tools of the server; a search needs files to look in."""
        tools: list[Wire] = []
        if "file_search" in self._asked.wanted.tools and STORE in self._ids:
            tools.append({"type": "file_search", "vector_store_ids": [self._ids[STORE]]})
        if "code_interpreter" in self._asked.wanted.tools:
            container = {"type": "auto", "file_ids": self._ids.get(COMPUTED, [])}
            tools.append({"type": "code_interpreter", "container": container})
        return tools


def _says(item: Any, text: str) -> bool:
    parts = item.content if isinstance(item.content, list) else []
    return any(text in (getattr(part, "text", None) or "") for part in parts)
