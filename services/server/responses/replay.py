"""A response told from its record alone, once its events are no longer in memory."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

from services.server.responses.executor import ENDS
from services.server.responses.log import NumberedLog
from services.server.store.responses import ACTIVE

Wire = dict[str, Any]


async def as_stored(response: Wire, position: int) -> AsyncIterator[bytes]:
    """Its beginning, each item as it is, and its end; whoever has seen more than that is told the end alone."""
    log = NumberedLog()
    begun = {**response, "status": "in_progress", "output": [], "usage": None, "completed_at": None}
    log.tell("response.created", response=begun)
    log.tell("response.in_progress", response=begun)
    for index, item in enumerate(response["output"]):
        log.tell("response.output_item.added", output_index=index, item=item)
        if item.get("status") not in ("in_progress", "interpreting", "searching"):
            log.tell("response.output_item.done", output_index=index, item=item)
    if response["status"] not in ACTIVE:
        log.tell(f"response.{ENDS[response['status']]}", response=response)
    async for piece in log.follow(min(position, len(log) - 1)):
        yield piece
