from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from services.storage.conversations import Conversations
from services.storage.database import Database, open_database
from services.storage.folder_blobs import FolderBlobs
from tests.support.databases import KINDS, NewDatabase, new_database, postgres  # noqa: F401


@dataclass
class Library:
    """A database of its own for one test, and conversations of two owners in it."""

    url: str
    database: Database
    blobs: FolderBlobs
    alice: Conversations
    bob: Conversations


@pytest.fixture(params=KINDS)
def url(request: pytest.FixtureRequest, new_database: NewDatabase) -> str:  # noqa: F811
    """An empty database, on SQLite and on PostgreSQL."""
    return new_database(request.param)


@pytest.fixture
def library(url: str, tmp_path: Path) -> Iterator[Library]:
    yield from _library(url, FolderBlobs(tmp_path / "blobs"))


def _library(url: str, blobs: FolderBlobs) -> Iterator[Library]:
    database = open_database(url)
    alice, bob = (Conversations(database, blobs, owner) for owner in ("alice", "bob"))
    yield Library(url, database, blobs, alice, bob)
    database.close()


@pytest.fixture
def alice(library: Library) -> Conversations:
    return library.alice


@pytest.fixture(params=KINDS)
def other(
    request: pytest.FixtureRequest,
    new_database: NewDatabase,  # noqa: F811
    tmp_path: Path,
) -> Iterator[Library]:
    """A second, empty installation, on SQLite and on PostgreSQL."""
    yield from _library(new_database(request.param), FolderBlobs(tmp_path / "other blobs"))


@pytest.fixture
def target(new_database: NewDatabase, tmp_path: Path) -> Iterator[Library]:  # noqa: F811
    """A second, empty installation where it does not matter which."""
    yield from _library(new_database("sqlite"), FolderBlobs(tmp_path / "target blobs"))
