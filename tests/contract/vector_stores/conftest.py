"""One server for each kind of database, with an owner of its own for every test."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from openai import OpenAI

from services.documents.document import Document
from services.server.retrieval import reader
from tests.support.databases import KINDS, new_database, postgres, postgres_database  # noqa: F401
from tests.support.retrieval import Gate, Ground, ground


@pytest.fixture(scope="session", params=KINDS)
def shared(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ground]:
    """A server that many tests share."""
    home = tmp_path_factory.mktemp(f"{request.param}-home")
    if request.param == "sqlite":
        with ground(home, f"sqlite:///{home}/tandem.db") as made:
            yield made
        return
    with (
        postgres_database(request.getfixturevalue("postgres"), f"shared_{home.name[-1]}") as url,
        ground(home, url) as made,
    ):
        yield made


@pytest.fixture
def client(shared: Ground) -> OpenAI:
    """The unmodified SDK for somebody who has nothing on the server yet."""
    return shared.account()


class Clock:
    """The time as the server has it, to be moved on."""

    def __init__(self, now_s: float) -> None:
        self.now_s = now_s

    def time(self) -> float:
        return self.now_s


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """The server's clock, standing still at a known second."""
    made = Clock(1_800_000_000.0)
    monkeypatch.setattr("services.server.store.clock.time", made)
    return made


@pytest.fixture
def incoming(shared: Ground) -> Path:
    """The folder of files that are still arriving."""
    return shared.home / "blobs" / ".incoming"


@pytest.fixture
def embedding_gate(shared: Ground) -> Iterator[Gate]:
    """Holds the embedding model until it is opened: files stay searchable by their words alone."""
    gate = Gate()
    shared.model.before = gate
    yield gate
    gate.open()
    shared.model.before = lambda: None


@pytest.fixture
def reading_gate(monkeypatch: pytest.MonkeyPatch) -> Iterator[Gate]:
    """Holds a file between its reading and the writing down of what was read."""
    gate, cut = Gate(), reader.cut

    def held(document: Document, chunking: dict[str, int]) -> Any:
        gate()
        return cut(document, chunking)

    monkeypatch.setattr(reader, "cut", held)
    yield gate
    gate.open()
