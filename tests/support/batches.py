"""Batches as a client makes them."""

from __future__ import annotations

import json
from typing import Any

from openai import OpenAI
from openai.types import Batch

from tests.support.assistants import until

MODEL = "gpt-6-luna"
CHAT = "/v1/chat/completions"
ENDS = ("completed", "failed", "expired", "cancelled")


def line(number: int, text: str = "Hi", url: str = CHAT, **changes: Any) -> dict[str, Any]:
    """One request of an input file."""
    body = {"model": MODEL, "messages": [{"role": "user", "content": f"{text} {number}"}]}
    return {"custom_id": f"ask-{number}", "method": "POST", "url": url, "body": body} | changes


def lines(count: int) -> list[dict[str, Any]]:
    """So many requests."""
    return [line(number) for number in range(count)]


def begun(client: OpenAI, given: list[Any] | bytes, endpoint: str = CHAT, **params: Any) -> Batch:
    """A new batch of these lines."""
    data = given if isinstance(given, bytes) else "\n".join(json.dumps(one) for one in given).encode()
    file = client.files.create(file=("batch.jsonl", data), purpose="batch")
    return client.batches.create(
        input_file_id=file.id,
        endpoint=endpoint,  # type: ignore[arg-type]
        completion_window="24h",
        **params,
    )


def ended(client: OpenAI, batch: Batch, patience_s: float = 20) -> Batch:
    """The batch, once it has ended."""

    def look() -> Batch | None:
        now = client.batches.retrieve(batch.id)
        return now if now.status in ENDS else None

    found = until(look, patience_s)
    assert found is not None
    return found


def results(client: OpenAI, file_id: str | None) -> list[dict[str, Any]]:
    """The lines of a result file; none where there is no file."""
    if file_id is None:
        return []
    return [json.loads(one) for one in client.files.content(file_id).text.splitlines()]
