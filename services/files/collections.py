"""Collections: files that are read, searched and asked about together. Each is a vector store of our own server."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from services.assistants.api import AssistantsApi
from services.assistants.records import Hit, Store, StoreFile
from services.documents.filenames import clean_filename
from services.errors import InvalidInput

KIND = "collection"
SHA256 = "sha256"
MAX_NAME_CHARS = 80
MAX_FILE_BYTES = 512 * 2**20
CHUNKING = {
    "type": "static",
    "static": {"max_chunk_size_tokens": 320, "chunk_overlap_tokens": 80},
}
"""A passage of a page's third: what a small model can read several of, and a person at a glance."""


@dataclass(frozen=True, slots=True)
class Collection:
    """A collection. `file_count` counts the documents in it, whatever became of them."""

    id: str
    name: str
    file_count: int
    size_bytes: int
    created_at: datetime
    conversation_id: str | None = None
    thread_id: str | None = None
    assistant_id: str | None = None


@dataclass(frozen=True, slots=True)
class Added:
    """A file that was given to a collection; `was_there` tells that the same bytes are in it already."""

    file_id: str
    filename: str
    was_there: bool


class Collections:
    """The collections of one owner. Every method raises AppError."""

    def __init__(self, api: AssistantsApi) -> None:
        self._api = api

    def all(self) -> list[Collection]:
        """Every collection, the newest first."""
        return [_collection(store) for store in self._api.stores() if store.metadata.get("kind") == KIND]

    def create(self, name: str) -> Collection:
        """A new, empty collection."""
        return _collection(self._api.create_store(_checked(name), metadata={"kind": KIND}))

    def rename(self, collection: Collection, name: str) -> None:
        """Give a collection another name."""
        self._api.change_store(collection.id, _checked(name), None)

    def note(self, collection: Collection, **ids: str) -> None:
        """Remember which conversation, thread or assistant belongs to a collection."""
        self._api.describe_store(self._api.store(collection.id), **ids)

    def delete(self, collection: Collection) -> None:
        """Delete a collection with its files, for good."""
        for file in self.files(collection.id):
            self._api.delete_file(file.id)
        if collection.assistant_id:
            self._api.delete_assistant(collection.assistant_id)
        if collection.thread_id:
            self._api.delete_thread(collection.thread_id)
        self._api.delete_store(collection.id)

    # --- files ------------------------------------------------------------------------------

    def files(self, collection_id: str) -> list[StoreFile]:
        """The files of a collection, the newest first, each with how far its reading has come."""
        return self._api.store_files(collection_id)

    def add(self, collection_id: str, filename: str, data: bytes) -> Added:
        """Put a file into a collection, unless the same bytes are in it. It is read in the background."""
        name = clean_filename(filename)
        if not data:
            raise InvalidInput(f"{name} is empty. Choose a file with something in it.")
        if len(data) > MAX_FILE_BYTES:
            raise InvalidInput(
                f"{name} has {len(data) / 2**20:,.0f} MB; {MAX_FILE_BYTES // 2**20} MB is the most. Split it."
            )
        digest = hashlib.sha256(data).hexdigest()
        for file in self.files(collection_id):
            if file.attributes.get(SHA256) == digest and file.status in ("in_progress", "completed"):
                return Added(file.id, self._api.file(file.id).filename, was_there=True)
        stored = self._api.upload(name, data)
        self._api.add_to_store(collection_id, stored.id, {SHA256: digest}, CHUNKING)
        return Added(stored.id, name, was_there=False)

    def remove(self, collection_id: str, file_id: str) -> None:
        """Delete a file of a collection for good; one that is being read is given up."""
        self._api.take_from_store(collection_id, file_id)
        self._api.delete_file(file_id)

    def search(self, collection_id: str, queries: Sequence[str], most: int) -> list[Hit]:
        """The passages that fit any of the queries best, the best first."""
        return self._api.search(collection_id, list(queries), most)


def _checked(name: str) -> str:
    name = " ".join(name.split())
    if not name or len(name) > MAX_NAME_CHARS:
        raise InvalidInput(f"Give the collection a name of at most {MAX_NAME_CHARS} characters.")
    return name


def _collection(store: Store) -> Collection:
    return Collection(
        id=store.id,
        name=store.name or "Unnamed collection",
        file_count=store.counts.get("total", 0),
        size_bytes=store.usage_bytes,
        created_at=store.created_at,
        conversation_id=store.metadata.get("conversation_id"),
        thread_id=store.metadata.get("thread_id"),
        assistant_id=store.metadata.get("assistant_id"),
    )
