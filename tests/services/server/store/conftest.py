"""Sessions over an empty database of each kind."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy.orm import Session

from services.storage.database import open_database
from tests.support.databases import KINDS, NewDatabase, new_database, postgres  # noqa: F401


@pytest.fixture(params=KINDS)
def session(request: pytest.FixtureRequest, new_database: NewDatabase) -> Iterator[Session]:  # noqa: F811
    """A writing transaction."""
    database = open_database(new_database(request.param))
    with database.session() as session:
        yield session
    database.close()
