"""A whole server on a socket for tests of what shows and measures retrieval, with vectors made of words."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import numpy.typing as npt
from openai import OpenAI

from services.clients import Connection
from services.documents.terms import terms
from services.retrieval.api import RetrievalApi
from services.server.api import create_api
from tests.support.engines import scripted_engines
from tests.support.retrieval import WordVectors, key_of, make, settings_for, stored
from tests.support.server import served
from tests.support.upstream import ScriptedUpstream

FILES = {
    "pump.txt": "The centrifugal pump needs new bearings every two thousand hours of work.",
    "valve.txt": "Close the red valve before you open the blue one, or the tank floods.",
    "menu.txt": "On Fridays the canteen serves baked salmon with potatoes and dill.",
}


class ServedVectors(WordVectors):
    """The same model, as /v1/embeddings asks it."""

    def embed(self, texts: Sequence[str], dimensions: int | None = None) -> npt.NDArray[np.float32]:
        """One vector for each text."""
        return super().embed(texts)[:, :dimensions]

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """A token for each word."""
        return [len(terms(text)) for text in texts]


@dataclass
class Place:
    """The server, and as many owners as are asked for."""

    base_url: str
    model: ServedVectors
    upstream: ScriptedUpstream
    llama: ScriptedUpstream
    _numbers: Iterator[int] = field(default_factory=itertools.count)

    def person(self) -> Reader:
        """Somebody who has nothing yet."""
        return Reader(Connection("Local", "local", self.base_url, key_of(next(self._numbers))))


@dataclass
class Reader:
    """One owner: the unmodified SDK, and what the pages ask."""

    connection: Connection

    @property
    def api(self) -> RetrievalApi:
        """What the pages ask."""
        return RetrievalApi(lambda: self.connection)

    @property
    def client(self) -> OpenAI:
        """The SDK."""
        key = self.connection.api_key
        return OpenAI(base_url=self.connection.base_url, api_key=key, max_retries=0)

    def collection(self, files: Mapping[str, str | bytes] = FILES) -> tuple[str, dict[str, str]]:
        """A store with these files, read and ready: its id, and the files' ids by their names."""
        return stored(self.client, files)


@contextmanager
def place(home: Path) -> Iterator[Place]:
    """A running server with its data in `home`, in front of a scripted upstream."""
    with ScriptedUpstream() as upstream, ScriptedUpstream() as llama:
        engines, model = scripted_engines(make(home), llama), ServedVectors()
        engines.embeddings = model  # type: ignore[assignment]
        url = f"sqlite:///{home}/tandem.db"
        made = settings_for(home, url, upstream, allowed_hosts=("127.0.0.1",))
        with served(create_api(made, engines)) as base_url:
            yield Place(base_url, model, upstream, llama)
