"""Every test of this folder runs on SQLite and on PostgreSQL; most share one server, with an owner of their own."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from openai import OpenAI

from tests.support.assistants import Account, Service, serving
from tests.support.databases import (  # noqa: F401
    KINDS,
    NewDatabase,
    new_database,
    postgres,
    postgres_database,
)
from tests.support.upstream import ScriptedUpstream

StartService = Callable[..., Service]


@pytest.fixture(scope="session", params=KINDS)
def kind(request: pytest.FixtureRequest) -> str:
    """The kind of database."""
    return str(request.param)


@pytest.fixture(scope="session")
def shared(
    kind: str, request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Service]:
    """A server that many tests share."""
    home = tmp_path_factory.mktemp(f"{kind}-home")
    with ExitStack() as running:
        url = f"sqlite:///{home}/tandem.db"
        if kind == "postgresql":
            server = request.getfixturevalue("postgres")
            url = running.enter_context(postgres_database(server, "shared_by_assistants"))
        upstream = running.enter_context(ScriptedUpstream())
        yield running.enter_context(serving(home, url, upstream))


@pytest.fixture
def me(shared: Service) -> Iterator[Account]:
    """Somebody who has nothing on the server yet."""
    account = shared.account()
    yield account
    account.close()
    shared.quiet()


@pytest.fixture
def other(shared: Service) -> Iterator[Account]:
    """Somebody else on the same server."""
    account = shared.account()
    yield account
    account.close()


@pytest.fixture
def client(me: Account) -> OpenAI:
    """The unmodified SDK."""
    return me.client


@pytest.fixture
def upstream(shared: Service) -> ScriptedUpstream:
    """The model behind the shared server, scripted."""
    return shared.upstream


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
def own_upstream() -> Iterator[ScriptedUpstream]:
    """A scripted model for one test."""
    with ScriptedUpstream() as server:
        yield server


@pytest.fixture
def url(kind: str, new_database: NewDatabase) -> str:  # noqa: F811
    """An empty database for one test."""
    return new_database(kind)


@pytest.fixture
def start_service(url: str, tmp_path: Path, own_upstream: ScriptedUpstream) -> Callable[..., Any]:
    """Starts a server for one test: `with start_service() as service:`; once more, it finds the same data."""
    return lambda **settings: serving(tmp_path / "home", url, own_upstream, **settings)
