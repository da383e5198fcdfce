"""Runs without a server: databases of both kinds, and a clock moved by hand."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from services.server.store.database import ServerDatabase
from tests.services.server.runs.processes import Clock
from tests.support.databases import KINDS, NewDatabase, new_database, postgres  # noqa: F401


@pytest.fixture(params=KINDS)
def database(request: pytest.FixtureRequest, new_database: NewDatabase) -> Iterator[ServerDatabase]:  # noqa: F811
    """An empty database of each kind."""
    opened = ServerDatabase(new_database(request.param))
    opened.opened()
    yield opened
    opened.close()


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """The server's clock, standing still at a known second."""
    made = Clock()
    monkeypatch.setattr("services.server.store.clock.time", made)
    return made
