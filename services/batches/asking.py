"""Many requests as one batch, waited for: uploaded, run, downloaded, cleared away; left to the list where nobody waits."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from services.batches.lines import CHAT, WINDOW

if TYPE_CHECKING:
    import openai
    from openai.types import Batch

LOOK_EVERY_S, LOOK_SELDOM_S = 0.25, 10.0
LAST_CALL_S = 10.0
ENDS = ("completed", "failed", "expired", "cancelled")

Wire = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Answered:
    """The answers there are, in the order of the requests, and why there are not all."""

    answers: tuple[dict[str, Any], ...]
    problem: str | None = None


async def answers_of(
    client: openai.AsyncOpenAI, bodies: Sequence[Wire], on_left: Callable[[str], None]
) -> Answered:
    """The answers to chat completions. Raises what the SDK raises.

    Cancelled here, or cut off, the batch is cancelled there: `on_left` is told its id, and its files stay, for the answers
    that it has until then cost money too.
    """
    file = await client.files.create(file=("batch.jsonl", _lines(bodies)), purpose="batch")
    try:
        batch = await client.batches.create(input_file_id=file.id, endpoint=CHAT, completion_window=WINDOW)
    except BaseException:
        await _quietly(client.files.delete(file.id))
        raise
    try:
        ended = await _ended(client, batch)
        found = await _answers(client, ended, len(bodies))
    except BaseException:
        await _quietly(asyncio.to_thread(on_left, batch.id))
        await _quietly(client.batches.cancel(batch.id))
        raise
    for file_id in (file.id, ended.output_file_id, ended.error_file_id):
        if file_id is not None:  # they were only a way to the answers
            await _quietly(client.files.delete(file_id))
    return found


def _lines(bodies: Sequence[Wire]) -> bytes:
    asked = (
        {"custom_id": str(number), "method": "POST", "url": CHAT, "body": dict(body)}
        for number, body in enumerate(bodies)
    )
    return "\n".join(json.dumps(one) for one in asked).encode()


async def _ended(client: openai.AsyncOpenAI, batch: Batch) -> Batch:
    """Look again and again, less and less often, until it has ended."""
    pause_s = LOOK_EVERY_S
    while batch.status not in ENDS:
        await asyncio.sleep(pause_s)
        pause_s = min(pause_s * 1.2, LOOK_SELDOM_S)
        batch = await client.batches.retrieve(batch.id)
    return batch


async def _answers(client: openai.AsyncOpenAI, batch: Batch, count: int) -> Answered:
    good = await _results(client, batch.output_file_id)
    by_id = {one["custom_id"]: one["response"]["body"] for one in good}
    answers = tuple(by_id[str(number)] for number in range(count) if str(number) in by_id)
    if batch.errors is not None and batch.errors.data:
        return Answered(answers, f"The batch was refused: {batch.errors.data[0].message}")
    if failed := await _results(client, batch.error_file_id):
        return Answered(
            answers, f"{len(failed)} of {count} requests of the batch failed: {_reason(failed[0])}"
        )
    if len(answers) < count:
        return Answered(
            answers, f"The batch ended as {batch.status}, with {len(answers)} of {count} answers."
        )
    return Answered(answers)


async def _results(client: openai.AsyncOpenAI, file_id: str | None) -> list[dict[str, Any]]:
    if file_id is None:
        return []
    content = await client.files.content(file_id)
    return [json.loads(line) for line in content.text.splitlines() if line.strip()]


def _reason(failed: Wire) -> str:
    body = (failed.get("response") or {}).get("body") or {}
    told = failed.get("error") or body.get("error") or {}
    return str(told.get("message") or "no reason was given.")[:500]


async def _quietly(last_call: Awaitable[Any]) -> None:
    """Do what is only tidying up: what cannot be done now is seen in the list of batches."""
    with suppress(Exception):
        async with asyncio.timeout(LAST_CALL_S):
            await last_call
