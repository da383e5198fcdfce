"""A whole server for tests of files and vector stores: over a database of one kind, with vectors made of words."""

from __future__ import annotations

import itertools
import re
import threading
import time
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt
from openai import OpenAI
from pydantic import SecretStr
from sqlalchemy import select
from starlette.applications import Starlette
from starlette.testclient import TestClient

from services.documents.terms import terms
from services.server.api import create_api
from services.settings import Settings
from services.storage.api_tables import ErasureRow
from tests.support.api import BASE_URL
from tests.support.engines import scripted_engines
from tests.support.server import served
from tests.support.upstream import ScriptedUpstream

OWNERS = 600
PATIENCE_S = 20.0
DIMENSIONS = 384
WINDOW_WORDS = 60

T = TypeVar("T")


class WordVectors:
    """An embedding model in a few lines: texts that share words are near each other."""

    model_id = "word-vectors"

    def __init__(self) -> None:
        self.embedded: list[str] = []
        self.failure: Exception | None = None
        self.before: Callable[[], None] = lambda: None

    def spans(self, text: str) -> list[tuple[int, int]]:
        """Stretches of 60 words."""
        words = [match.span() for match in re.finditer(r"\S+", text)]
        portions = [words[i : i + WINDOW_WORDS] for i in range(0, len(words), WINDOW_WORDS)]
        return [(portion[0][0], portion[-1][1]) for portion in portions]

    def embed(self, texts: Sequence[str]) -> npt.NDArray[np.float32]:
        """One vector for each text."""
        self.before()
        if self.failure is not None:
            raise self.failure
        self.embedded += texts
        return np.stack([self.vector(text) for text in texts])

    def vector(self, text: str) -> npt.NDArray[np.float32]:
        """The vector of one text: the sum of a fixed random direction for each word."""
        total = np.full(DIMENSIONS, 1e-3, dtype=np.float32)
        for term in terms(text):
            total += _direction(term)
        unit: npt.NDArray[np.float32] = (total / np.linalg.norm(total)).astype(np.float32)
        return unit

    def close(self) -> None:
        """Nothing to free."""

    def health(self) -> dict[str, Any]:
        """Always ready."""
        return {"model": self.model_id, "state": "ready"}


@dataclass
class Ground:
    """A running server, and as many owners as are asked for."""

    http: TestClient
    home: Path
    upstream: ScriptedUpstream
    model: WordVectors
    settings: Settings
    _numbers: Iterator[int] = field(default_factory=itertools.count)

    @property
    def api(self) -> Starlette:
        """The server itself."""
        app: Any = self.http.app
        return app  # type: ignore[no-any-return]

    def account(self) -> OpenAI:
        """The SDK for an owner who has nothing yet."""
        key = key_of(next(self._numbers))
        return OpenAI(http_client=self.http, base_url=BASE_URL, api_key=key, max_retries=0)

    def read(self, work: Callable[..., T], *args: Any) -> T:
        """What `work` reads in the server's own database."""
        with self.api.state.server.database.opened().reading() as session:
            return work(session, *args)

    def write(self, work: Callable[..., T], *args: Any) -> T:
        """What `work` changes in the server's own database."""
        with self.api.state.server.database.opened().session() as session:
            return work(session, *args)

    def expire(self) -> None:
        """Do what the server does once a minute."""
        assert self.http.portal is not None
        self.http.portal.call(self.api.state.server.retrieval.expire)

    def erased(self) -> None:
        """Wait until everything that was deleted is gone, from the disk as well."""
        until(lambda: self.read(lambda session: session.scalar(select(ErasureRow.number)) is None))


@cache
def _direction(term: str) -> npt.NDArray[np.float32]:
    return np.random.default_rng(zlib.crc32(term.encode())).normal(size=DIMENSIONS).astype(np.float32)


def key_of(number: int) -> str:
    """The key of an owner."""
    return f"tandem-test-key-of-owner-{number:04}"


@contextmanager
def ground(home: Path, database_url: str, model: Any = None, **settings: Any) -> Iterator[Ground]:
    """A running server with its data in `home`, in front of a scripted upstream."""
    with ExitStack() as running:
        upstream, llama = (running.enter_context(ScriptedUpstream()) for _ in range(2))
        made = settings_for(home, database_url, upstream, **settings)
        engines = scripted_engines(home, llama)
        engines.embeddings = model = WordVectors() if model is None else model
        http = TestClient(create_api(made, engines), base_url=BASE_URL, root_path="/v1")
        yield Ground(running.enter_context(http), home, upstream, model, made)


@contextmanager
def listening(home: Path, database_url: str) -> Iterator[str]:
    """The same behind a socket; gives its base URL."""
    with ScriptedUpstream() as upstream, ScriptedUpstream() as llama:
        engines = scripted_engines(make(home), llama)
        engines.embeddings = WordVectors()  # type: ignore[assignment]
        made = settings_for(home, database_url, upstream, allowed_hosts=("127.0.0.1",))
        with served(create_api(made, engines)) as base_url:
            yield base_url


def settings_for(home: Path, database_url: str, upstream: ScriptedUpstream, **settings: Any) -> Settings:
    """Settings of a server with many owners."""
    told = {
        "home": make(home),
        "database_url": database_url,
        "api_keys": {f"owner{n}": SecretStr(key_of(n)) for n in range(OWNERS)},
        "allowed_hosts": ("testserver",),
        "openai_api_key": SecretStr("sk-upstream"),
        "openai_base_url": upstream.base_url,
    }
    return Settings(**(told | settings))


def make(folder: Path) -> Path:
    """The folder, made if need be."""
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def until(condition: Callable[[], T], patience_s: float = PATIENCE_S) -> T:
    """Wait for something to be true, and give it; fails when it takes too long."""
    deadline = time.monotonic() + patience_s
    while not (found := condition()):
        assert time.monotonic() < deadline, "this takes too long"
        time.sleep(0.02)
    return found


def settled(client: OpenAI, store_id: str, patience_s: float = PATIENCE_S) -> Any:
    """The store, once nothing in it is in progress."""

    def done() -> Any:
        store = client.vector_stores.retrieve(store_id)
        return store if not store.file_counts.in_progress else None

    return until(done, patience_s)


def uploaded(client: OpenAI, name: str, data: str | bytes, purpose: Any = "assistants") -> str:
    """The id of a new file."""
    data = data.encode() if isinstance(data, str) else data
    return client.files.create(file=(name, data), purpose=purpose).id


def stored(client: OpenAI, files: Mapping[str, str | bytes], **params: Any) -> tuple[str, dict[str, str]]:
    """A store with these files, read and ready: its id, and the files' ids by their names."""
    ids = {name: uploaded(client, name, data) for name, data in files.items()}
    store = client.vector_stores.create(file_ids=list(ids.values()), **params)
    settled(client, store.id)
    return store.id, ids


class Gate:
    """Holds whoever passes it, until it is opened."""

    def __init__(self) -> None:
        self.reached, self._opened = threading.Event(), threading.Event()

    def __call__(self) -> None:
        self.reached.set()
        assert self._opened.wait(PATIENCE_S), "nobody opened the gate"

    def open(self) -> None:
        """Let everybody through."""
        self._opened.set()
