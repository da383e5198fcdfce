from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from services.storage.conversations import Conversations
from services.storage.database import Database, open_database
from services.storage.folder_blobs import FolderBlobs
from tests.support.databases import KINDS, NewDatabase, new_database, postgres  # noqa: F401

ME, OTHER = "me", "other"


@pytest.fixture(params=KINDS)
def database(request: pytest.FixtureRequest, new_database: NewDatabase) -> Iterator[Database]:  # noqa: F811
    """An empty database, on SQLite and on PostgreSQL."""
    opened = open_database(new_database(request.param))
    yield opened
    opened.close()


@pytest.fixture
def conversations(database: Database, tmp_path: Path) -> Conversations:
    return Conversations(database, FolderBlobs(tmp_path / "blobs"), ME)
