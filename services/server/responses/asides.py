"""What may be asked about an input without a response: how long it is, and what it comes to in short."""

from __future__ import annotations

import asyncio
from typing import Any

from services.server.errors import ApiError
from services.server.responses import context
from services.server.responses.answering import Means
from services.server.responses.compaction import PROMPT, compacted
from services.server.responses.preparing import asked_of
from services.server.responses.usage import total
from services.server.responses.wire import as_run, body_of
from services.server.runs.builtin_tools import as_functions
from services.server.runs.caller import Caller
from services.server.runs.models import FindsModels
from services.server.runs.pictures import with_pictures
from services.server.runs.round import read
from services.server.store.clock import now
from services.server.store.ids import new_id

Wire = dict[str, Any]

NOTHING = {"input_tokens": 0, "output_tokens": 0, "total_tokens": 0}
REPLY_TOKENS = 1024


class Asides:
    """Questions about an input. Nothing of them is kept."""

    def __init__(self, means: Means, models: FindsModels) -> None:
        self._means, self._models = means, models

    async def count(self, owner: str, request: Wire) -> Wire:
        """How many tokens an input takes: exact for texts to OpenAI's models, an estimate otherwise."""
        asked = await asked_of(self._means.database, self._means.inputs, owner, request)
        model = request.get("model") or ""
        functions = as_functions(as_run(body_of(request, model))["tools"])
        units = context.messages(request.get("instructions"), asked.all, asked.files)
        counted = await asyncio.to_thread(context.size, units, functions, model)
        return {"object": "response.input_tokens", "input_tokens": counted}

    async def compact(self, caller: Caller, request: Wire) -> Wire:
        """The input in short, as an item to be sent in its place."""
        model = await self._models.find(request["model"], caller.key)
        asked = await asked_of(self._means.database, self._means.inputs, caller.owner, request)
        units = context.messages(request.get("instructions"), asked.all, asked.files)
        units.append([{"role": "user", "content": PROMPT}])
        limit = model.context_tokens - REPLY_TOKENS
        messages = await asyncio.to_thread(context.fitted, units, limit, model.name)
        means = self._means
        messages = await with_pictures(messages, means.blobs, means.eyes, is_local=model.is_local)
        said: list[str] = []

        async def take(delta: Wire) -> None:
            said.append(delta.get("content") or "")

        shape = {"messages": messages, "stream_options": {"include_usage": True}}
        _, used = await read(model, model.fitted(shape), take)
        if not (summary := "".join(said).strip()):
            raise ApiError(502, "The model gave no summary. Try again.", kind="server_error")
        return {
            "id": new_id("resp_"),
            "object": "response.compaction",
            "created_at": now(),
            "output": [compacted(summary)],
            "usage": total([used or NOTHING]),
        }
