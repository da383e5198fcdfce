"""The Assistants API as the pages use it: the openai SDK over HTTP, with plain values and our own errors."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import islice
from typing import TYPE_CHECKING, Any

from services.assistants.records import (
    Assistant,
    Hit,
    Store,
    StoredFile,
    StoreFile,
    Thread,
    as_assistant,
    as_file,
    as_hit,
    as_store,
    as_store_file,
    as_thread,
)
from services.modes.run_events import RESULTS
from services.sdk import SdkApi

if TYPE_CHECKING:
    import openai

Wire = dict[str, Any]
LONGEST_PAGE = 100
MOST_LISTED = 500


class AssistantsApi(SdkApi):
    """Assistants, threads, runs, files and vector stores. All of it raises AppError."""

    # --- assistants -------------------------------------------------------------------------

    def assistants(self) -> list[Assistant]:
        """Every assistant, the newest first."""
        with self._speaking() as client:
            found = islice(client.beta.assistants.list(limit=LONGEST_PAGE), MOST_LISTED)
            return [as_assistant(assistant.to_dict()) for assistant in found]

    def assistant(self, assistant_id: str) -> Assistant:
        """One assistant."""
        with self._speaking() as client:
            return as_assistant(client.beta.assistants.retrieve(assistant_id).to_dict())

    def create_assistant(self, body: Wire) -> Assistant:
        """A new assistant from a body as the API spells it."""
        with self._speaking() as client:
            return as_assistant(client.beta.assistants.create(**body).to_dict())

    def update_assistant(self, assistant_id: str, body: Wire) -> Assistant:
        """Change an assistant."""
        with self._speaking() as client:
            return as_assistant(client.beta.assistants.update(assistant_id, **body).to_dict())

    def delete_assistant(self, assistant_id: str) -> None:
        """Delete an assistant. Its threads and files stay."""
        with self._speaking() as client:
            client.beta.assistants.delete(assistant_id)

    # --- threads ----------------------------------------------------------------------------

    def threads(self, words: str = "", limit: int = 40, after: str | None = None) -> list[Thread]:
        """The threads last talked in first; with `words`, those that hold them. An extra of our server."""
        query = {"limit": limit, "query": words or None, "after": after}
        query = {name: value for name, value in query.items() if value is not None}
        with self._speaking() as client:
            page = _read(client, "/threads", query)
            return [as_thread(wire) for wire in page["data"]]

    def thread(self, thread_id: str) -> Thread:
        """One thread."""
        with self._speaking() as client:
            return as_thread(client.beta.threads.retrieve(thread_id).to_dict())

    def create_thread(self, metadata: Mapping[str, str]) -> Thread:
        """An empty thread."""
        with self._speaking() as client:
            return as_thread(client.beta.threads.create(metadata=dict(metadata)).to_dict())

    def describe_thread(self, thread: Thread, **metadata: str) -> Thread:
        """Set entries of a thread's metadata."""
        with self._speaking() as client:
            changed = {**thread.metadata, **metadata}
            return as_thread(client.beta.threads.update(thread.id, metadata=changed).to_dict())

    def delete_thread(self, thread_id: str) -> None:
        """Delete a thread with all its messages."""
        with self._speaking() as client:
            client.beta.threads.delete(thread_id)

    def fork(self, thread_id: str, message_id: str) -> Thread:
        """A new thread that begins as a copy of this one up to a message. An extra of our server."""
        with self._speaking() as client:
            made = client.post(
                f"/threads/{thread_id}/forks", body={"message_id": message_id}, cast_to=dict[str, Any]
            )
            return as_thread(made)

    def messages(self, thread_id: str, limit: int, before: str | None = None) -> list[Wire]:
        """Messages as the API spells them, the newest first."""
        with self._speaking() as client:
            after: Any = {"after": before} if before else {}
            page = client.beta.threads.messages.list(thread_id, limit=min(limit, LONGEST_PAGE), **after)
            return [message.to_dict() for message in islice(page, limit)]

    def add_message(self, thread_id: str, body: Wire) -> None:
        """Add a message, spelled as the API spells it, without having it answered."""
        with self._speaking() as client:
            client.beta.threads.messages.create(thread_id, **body)

    def delete_message(self, thread_id: str, message_id: str) -> None:
        """Delete one message."""
        with self._speaking() as client:
            client.beta.threads.messages.delete(message_id, thread_id=thread_id)

    # --- runs -------------------------------------------------------------------------------

    def runs(self, thread_id: str, limit: int) -> list[Wire]:
        """Runs as the API spells them, the newest first."""
        with self._speaking() as client:
            page = client.beta.threads.runs.list(thread_id, limit=min(limit, LONGEST_PAGE))
            return [run.to_dict() for run in page.data]

    def run(self, thread_id: str, run_id: str) -> Wire:
        """One run."""
        with self._speaking() as client:
            return client.beta.threads.runs.retrieve(run_id, thread_id=thread_id).to_dict()

    def steps(self, thread_id: str, run_id: str) -> list[Wire]:
        """A run's steps in order, with what was found by searches."""
        with self._speaking() as client:
            page = client.beta.threads.runs.steps.list(
                run_id,
                thread_id=thread_id,
                order="asc",
                limit=LONGEST_PAGE,
                include=RESULTS,
            )
            return [step.to_dict() for step in page.data]

    def prompts(self, thread_id: str, run_id: str) -> list[Wire]:
        """What the model of a run was sent, round by round. An extra of our server."""
        with self._speaking() as client:
            answer = _read(client, f"/threads/{thread_id}/runs/{run_id}/prompts", {})
            prompts: list[Wire] = answer["data"]
            return prompts

    def cancel(self, thread_id: str, run_id: str) -> None:
        """End a run."""
        with self._speaking() as client:
            client.beta.threads.runs.cancel(run_id, thread_id=thread_id)

    # --- files ------------------------------------------------------------------------------

    def upload(self, filename: str, data: bytes, purpose: str = "assistants") -> StoredFile:
        """Put a file on the server."""
        with self._speaking() as client:
            given: Any = purpose
            return as_file(client.files.create(file=(filename, data), purpose=given).to_dict())

    def file(self, file_id: str) -> StoredFile:
        """What is known of a file."""
        with self._speaking() as client:
            return as_file(client.files.retrieve(file_id).to_dict())

    def content(self, file_id: str) -> bytes:
        """The bytes of a file."""
        with self._speaking() as client:
            return client.files.content(file_id).content

    def delete_file(self, file_id: str) -> None:
        """Delete a file, its text, passages and vectors."""
        with self._speaking() as client:
            client.files.delete(file_id)

    # --- vector stores ----------------------------------------------------------------------

    def stores(self) -> list[Store]:
        """Every vector store, the newest first."""
        with self._speaking() as client:
            found = islice(client.vector_stores.list(limit=LONGEST_PAGE), MOST_LISTED)
            return [as_store(store.to_dict()) for store in found]

    def store(self, store_id: str) -> Store:
        """One vector store."""
        with self._speaking() as client:
            return as_store(client.vector_stores.retrieve(store_id).to_dict())

    def create_store(
        self,
        name: str,
        file_ids: tuple[str, ...] = (),
        expires_after_days: int | None = None,
        metadata: Mapping[str, str] | None = None,
    ) -> Store:
        """A new vector store."""
        body: Any = {"name": name, "file_ids": list(file_ids), "metadata": dict(metadata or {})}
        if expires_after_days:
            body["expires_after"] = _expiry(expires_after_days)
        with self._speaking() as client:
            return as_store(client.vector_stores.create(**body).to_dict())

    def change_store(self, store_id: str, name: str, expires_after_days: int | None) -> Store:
        """Rename a store, and say after how many idle days it expires; None means never."""
        expiry = _expiry(expires_after_days) if expires_after_days else None
        with self._speaking() as client:
            changed = client.vector_stores.update(store_id, name=name, expires_after=expiry)
            return as_store(changed.to_dict())

    def describe_store(self, store: Store, **metadata: str) -> Store:
        """Set entries of a store's metadata."""
        with self._speaking() as client:
            changed: Any = {**store.metadata, **metadata}
            return as_store(client.vector_stores.update(store.id, metadata=changed).to_dict())

    def delete_store(self, store_id: str) -> None:
        """Delete a store. Its files stay on the server."""
        with self._speaking() as client:
            client.vector_stores.delete(store_id)

    def store_files(self, store_id: str) -> list[StoreFile]:
        """The files of a store, the newest first."""
        with self._speaking() as client:
            found = islice(client.vector_stores.files.list(store_id, limit=LONGEST_PAGE), MOST_LISTED)
            return [as_store_file(file.to_dict()) for file in found]

    def add_to_store(
        self, store_id: str, file_id: str, attributes: Wire | None = None, chunking: Wire | None = None
    ) -> StoreFile:
        """Have a store read a file. `chunking` is spelled as the API spells a chunking strategy."""
        body: Any = {"file_id": file_id, "attributes": attributes or {}}
        if chunking is not None:
            body["chunking_strategy"] = chunking
        with self._speaking() as client:
            return as_store_file(client.vector_stores.files.create(store_id, **body).to_dict())

    def take_from_store(self, store_id: str, file_id: str) -> None:
        """Have a store forget a file."""
        with self._speaking() as client:
            client.vector_stores.files.delete(file_id, vector_store_id=store_id)

    def search(
        self, store_id: str, query: str | list[str], most: int = 10, threshold: float = 0.0
    ) -> list[Hit]:
        """The passages of a store that fit a query, or any of several, best; the best first."""
        with self._speaking() as client:
            page = client.vector_stores.search(
                store_id, query=query, max_num_results=most, ranking_options={"score_threshold": threshold}
            )
            return [as_hit(hit.to_dict()) for hit in page.data]


def _expiry(days: int) -> Any:
    return {"anchor": "last_active_at", "days": days}


def _read(client: openai.OpenAI, path: str, query: Mapping[str, Any]) -> Wire:
    answer: Wire = client.get(path, cast_to=dict[str, Any], options={"params": dict(query)})
    return answer
