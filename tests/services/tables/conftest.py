from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from services.storage.database import Database, open_database
from services.storage.folder_blobs import FolderBlobs
from services.tables.processes import TableProcesses
from services.tables.store import Tables
from tests.services.tables.making import Bench


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path)


@pytest.fixture(scope="session")
def processes() -> Iterator[TableProcesses]:
    """Warm processes, which a test must not close."""
    made = TableProcesses(queriers=1)
    yield made
    made.close()


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    opened = open_database(f"sqlite:///{tmp_path}/home/tandem.db")
    yield opened
    opened.close()


@pytest.fixture
def blobs(tmp_path: Path) -> FolderBlobs:
    return FolderBlobs(tmp_path / "blobs")


@pytest.fixture
def tables_of(
    database: Database, blobs: FolderBlobs, tmp_path: Path, processes: TableProcesses
) -> Callable[[str], Tables]:
    """The tables of an owner."""
    return lambda owner: Tables(database, blobs, tmp_path / "home", owner, processes)


@pytest.fixture
def tables(tables_of: Callable[[str], Tables]) -> Tables:
    return tables_of("alice")
