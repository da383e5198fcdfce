"""The chat model of a replay: it says what the recording shows, and waits until the recording shows it."""

from __future__ import annotations

import asyncio
import json
import threading
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

from tests.golden.legs import Leg
from tests.golden.replies import Reply
from tests.support.upstream import ScriptedUpstream

Chunk = dict[str, Any]
REFUSALS = {"rate_limit_exceeded": 429}


@dataclass(slots=True)
class Expected:
    """A leg that was begun: the answers it still needs, and the conversation it was first asked with."""

    replies: deque[Reply]
    asked: list[Any] | None = None
    is_asked: threading.Event = field(default_factory=threading.Event)


class RecordedModel(ScriptedUpstream):
    """An upstream whose answers come from recorded runs.

    An answer is held back until the session has come to the exchange that shows it. So a run that was in progress
    during ten requests is in progress during the same ten, and one that was cancelled is still at work then.
    """

    def __init__(self) -> None:
        super().__init__()
        self._legs: list[Expected] = []
        self._reached = 0.0

    def begin(self) -> None:
        """A new session: nothing is expected yet."""
        self._legs = []
        self.reach(0)

    def reach(self, number: float) -> None:
        """The session has come to this exchange."""
        self._reached = number
        asyncio.run_coroutine_threadsafe(self._announce(), self._loop).result(5)

    def expect(self, leg: Leg) -> Expected:
        """The next conversation that is new will be this leg."""
        expected = Expected(deque(leg.replies))
        self._legs.append(expected)
        return expected

    async def _start(self) -> None:
        await super()._start()
        self._moved = asyncio.Condition()

    async def _announce(self) -> None:
        async with self._moved:
            self._moved.notify_all()

    async def _chat(self, request: web.Request) -> web.StreamResponse:
        reply = self._next_reply((await request.json())["messages"])
        async with self._moved:
            await self._moved.wait_for(lambda: reply.gate <= self._reached)
        if reply.error:
            refused = {"message": "As it was recorded.", "type": "error", "param": None, "code": reply.error}
            return web.json_response({"error": refused}, status=REFUSALS.get(reply.error, 500))
        return await self._tell(request, reply)

    def _next_reply(self, asked: list[Any]) -> Reply:
        """A conversation that goes on begins with all that it began with before; two runs at a time keep apart."""
        waiting = [leg for leg in self._legs if leg.replies]
        going_on = [leg for leg in waiting if leg.asked and asked[: len(leg.asked)] == leg.asked]
        new = [leg for leg in waiting if leg.asked is None]
        if not going_on and not new:
            return Reply(("Done.",))
        leg = (going_on or new)[0]
        leg.asked = leg.asked or asked
        leg.is_asked.set()
        return leg.replies.popleft()

    async def _tell(self, request: web.Request, reply: Reply) -> web.StreamResponse:
        response = web.StreamResponse(headers={"content-type": "text/event-stream; charset=utf-8"})
        await response.prepare(request)
        for chunk in _chunks(reply):
            await response.write(f"data: {json.dumps(chunk)}\n\n".encode())
        await response.write(b"data: [DONE]\n\n")
        return response


def _chunks(reply: Reply) -> Iterator[Chunk]:
    yield _chunk({"role": "assistant", "content": ""})
    for piece in reply.pieces:
        yield _chunk({"content": piece})
    for index, call in enumerate(reply.calls):
        function = {"name": call.name, "arguments": ""}
        yield _chunk(
            {
                "tool_calls": [
                    {"index": index, "id": f"call_{index}", "type": "function", "function": function}
                ]
            }
        )
        yield _chunk({"tool_calls": [{"index": index, "function": {"arguments": call.arguments}}]})
    yield _chunk({}, reply.reason or ("tool_calls" if reply.calls else "stop"))
    yield {"choices": [], "usage": reply.usage}


def _chunk(delta: Chunk, reason: str | None = None) -> Chunk:
    return {"choices": [{"index": 0, "delta": delta, "finish_reason": reason}]}
