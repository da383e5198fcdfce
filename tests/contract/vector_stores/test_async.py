"""The asynchronous SDK over a socket does what the other one does."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import openai
import pytest
from openai import AsyncOpenAI

from tests.support.databases import KINDS, NewDatabase
from tests.support.retrieval import key_of, listening

Told = Callable[[Callable[[AsyncOpenAI], Awaitable[Any]]], Any]


@pytest.fixture(params=KINDS)
def told(request: pytest.FixtureRequest, new_database: NewDatabase, tmp_path: Path) -> Iterator[Told]:
    """Runs a conversation with a server of its own, and gives what came of it."""
    with listening(tmp_path / "server", new_database(request.param)) as base_url:

        def run(conversation: Callable[[AsyncOpenAI], Awaitable[Any]]) -> Any:
            async def talk() -> Any:
                async with AsyncOpenAI(base_url=base_url, api_key=key_of(0), max_retries=0) as client:
                    return await conversation(client)

            return asyncio.run(talk())

        yield run


def test_files_are_uploaded_read_searched_and_deleted(told: Told) -> None:
    async def conversation(client: AsyncOpenAI) -> None:
        store = await client.vector_stores.create(name="Manuals")
        file = await client.vector_stores.files.upload_and_poll(
            vector_store_id=store.id, file=("pump.txt", b"The pump is blue.")
        )
        assert file.status == "completed"
        found = await client.vector_stores.search(store.id, query="blue pump")
        assert found.data[0].file_id == file.id
        text = [
            part.text async for part in client.vector_stores.files.content(file.id, vector_store_id=store.id)
        ]
        assert text == ["The pump is blue."]
        assert (await client.files.content(file.id)).read() == b"The pump is blue."
        assert (await client.files.delete(file.id)).deleted
        with pytest.raises(openai.NotFoundError):
            await client.vector_stores.files.retrieve(file.id, vector_store_id=store.id)
        assert (await client.vector_stores.delete(store.id)).deleted

    told(conversation)


def test_many_files_at_once_become_one_batch(told: Told) -> None:
    async def conversation(client: AsyncOpenAI) -> None:
        store = await client.vector_stores.create()
        files = [(f"{n}.txt", f"Pump number {n} is blue.".encode()) for n in range(24)]
        batch = await client.vector_stores.file_batches.upload_and_poll(
            store.id, files=files, max_concurrency=12
        )
        assert (batch.status, batch.file_counts.completed) == ("completed", 24)
        listed = [file.id async for file in client.vector_stores.files.list(store.id, limit=7)]
        assert len(set(listed)) == 24
        searches = [client.vector_stores.search(store.id, query=f"pump number {n}") for n in range(24)]
        assert {len(page.data) for page in await asyncio.gather(*searches)} == {10}

    told(conversation)


def test_a_large_file_goes_up_in_parts(told: Told, tmp_path: Path) -> None:
    path = tmp_path / "large.txt"
    path.write_bytes(b"The pump is blue. " * 60_000)

    async def conversation(client: AsyncOpenAI) -> bytes:
        upload = await client.uploads.upload_file_chunked(
            file=path, mime_type="text/plain", purpose="assistants", part_size=300_000
        )
        assert upload.file is not None
        return (await client.files.content(upload.file.id)).read()

    assert told(conversation) == path.read_bytes()
