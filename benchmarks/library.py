"""A vector store of real documents, made by the server's own readers, for measurements in this process."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from services.documents.vectors import VectorIndex
from services.documents.workers import Workers
from services.engines.embeddings import EmbeddingEngine
from services.engines.manifest import manifest
from services.engines.registry import EMBEDDING_MODEL
from services.server.retrieval.embedder import Embedder
from services.server.retrieval.reader import Reader
from services.server.store import files, store_files, vector_stores
from services.server.store.database import ServerDatabase
from services.settings import get_settings
from services.storage.folder_blobs import FolderBlobs

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

OWNER = "bench"


@dataclass(slots=True)
class Library:
    """The parts, and the store all files go into."""

    database: ServerDatabase
    blobs: FolderBlobs
    vectors: VectorIndex
    model: EmbeddingEngine
    reader: Reader
    embedder: Embedder
    store_id: str = ""
    file_ids: dict[str, str] = field(default_factory=dict)

    async def add(self, documents: Mapping[str, bytes]) -> None:
        """Put files into the store; nothing of them is read yet."""
        if not self.store_id:
            made = await self.database.write(vector_stores.create, OWNER, {})
            self.store_id = made["id"]
        for name, data in documents.items():
            self.file_ids[name] = await self.database.write(_add, self, name, data)

    async def read_all(self) -> float:
        """Read every waiting file; the seconds it took until all words were searchable."""
        began = time.perf_counter()
        while await self.reader.read_next():
            pass
        return time.perf_counter() - began

    async def embed_all(self) -> float:
        """Give every window its vector; the seconds it took."""
        began = time.perf_counter()
        while await self.embedder.embed_next():
            pass
        return time.perf_counter() - began


@contextmanager
def library(home: Path) -> Iterator[Library]:
    """An empty library in `home`, over the local embedding model."""
    settings = get_settings()
    database = ServerDatabase(f"sqlite:///{home / 'tandem.db'}")
    blobs, vectors = FolderBlobs(home / "blobs"), VectorIndex(home / "vectors")
    model = EmbeddingEngine(manifest().model(EMBEDDING_MODEL), settings.models_dir)
    with Workers() as workers:
        reader = Reader(database, blobs, workers, "worker_bench")
        embedder = Embedder(database, vectors, model, "worker_bench", lambda: False)
        yield Library(database, blobs, vectors, model, reader, embedder)
    vectors.close()
    database.close()


def _add(session: Session, made: Library, name: str, data: bytes) -> str:
    row = files.add(session, OWNER, files.NewFile(name, "assistants", len(data), made.blobs.put(data)))
    store_files.add(session, vector_stores.usable(session, OWNER, made.store_id), row)
    return row.id
