"""A server that is killed in the middle goes on where it was: everything completes, nothing twice, nothing half."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psutil
import pytest
from openai import OpenAI
from sqlalchemy import func, select, text, update
from sqlalchemy.orm import Session

from services.settings import Settings
from services.storage.api_tables import DocumentRow, SegmentRow, StoreFileRow, WindowRow
from services.storage.database import open_database
from tests.browser.conftest import free_port
from tests.services.documents import files
from tests.support.databases import KINDS, NewDatabase
from tests.support.processes import Server, running
from tests.support.retrieval import settled, until, uploaded

PAGES = 300
WINDOWS_AT_LEAST = 64


@pytest.fixture(params=KINDS)
def url(request: pytest.FixtureRequest, new_database: NewDatabase) -> str:
    return new_database(request.param)


@contextmanager
def reading(url: str) -> Iterator[Session]:
    database = open_database(url)
    with database.session() as session:
        yield session
    database.close()


def counted(url: str, *what: Any) -> list[int]:
    with reading(url) as session:
        return [session.scalars(query).one() for query in what]


def time_passes(url: str) -> None:
    """The killed server's last sign of life is a while ago."""
    with reading(url) as session:
        session.execute(update(StoreFileRow).values(heartbeat_at=StoreFileRow.heartbeat_at - 60))


def is_whole(url: str, client: OpenAI, store: str, file: str, pages: int) -> None:
    """The file was read once and entirely, and each page of it is found."""
    documents, segments = (
        select(func.count()).select_from(DocumentRow),
        select(func.count()).select_from(SegmentRow),
    )
    assert counted(url, documents, segments) == [1, 1]
    (content,) = client.vector_stores.files.content(file, vector_store_id=store)
    assert content.text.count("Chapter") == pages
    for page in (1, pages // 2, pages):
        best = client.vector_stores.search(store, query=f"chapter{page}x", max_num_results=1).data[0]
        assert f"chapter{page}x" in best.content[0].text
    assert client.vector_stores.retrieve(store).file_counts.total == 1


def manual(pages: int) -> bytes:
    return files.pdf(
        [f"Chapter {n} chapter{n}x\n" + "of pumps and valves\n" * 20 for n in range(1, pages + 1)]
    )


def killed_while_reading(server: Server) -> tuple[str, str]:
    """A store and a file in it that was being read when the server was killed."""
    file = uploaded(server.client, "manual.pdf", manual(PAGES))
    store = server.client.vector_stores.create(file_ids=[file]).id
    (reader,) = until(server.readers)
    reader.suspend()
    assert server.client.vector_stores.retrieve(store).file_counts.in_progress == 1
    server.kill()
    reader.resume()
    assert psutil.wait_procs([reader], timeout=10)[1] == []
    return store, file


def test_a_file_is_read_again_after_a_kill(tmp_path: Path, url: str) -> None:
    home, env = tmp_path / "server", {"TANDEM_DATABASE_URL": url, "TANDEM_MODELS_DIR": str(tmp_path / "none")}
    with running(home, free_port(), **env) as server:
        store, file = killed_while_reading(server)
    time_passes(url)
    with running(home, free_port(), **env) as server:
        assert settled(server.client, store, 40).file_counts.completed == 1
        is_whole(url, server.client, store, file, PAGES)
        server.client.files.delete(file)
        assert counted(url, select(func.count()).select_from(DocumentRow)) == [0]
    assert not list((home / "blobs").glob("??/*"))
    assert not list((home / "blobs" / ".incoming").glob("*"))


def embedded(url: str) -> list[int]:
    """How many windows there are, and how many have their vector."""
    return counted(url, select(func.count()).select_from(WindowRow), select(func.count(WindowRow.vector)))


@pytest.mark.model
def test_embedding_goes_on_after_a_kill_and_nothing_is_embedded_twice(tmp_path: Path) -> None:
    home = tmp_path / "server"
    url = f"sqlite:///{home}/tandem.db"
    with running(home, free_port()) as server:
        file = uploaded(server.client, "manual.txt", long_text())
        store = server.client.vector_stores.create(file_ids=[file]).id
        until(lambda: 0 < embedded(url)[1] < embedded(url)[0], 40)
        server.kill()
    windows, done = embedded(url)
    assert windows > WINDOWS_AT_LEAST and 0 < done < windows
    with reading(url) as session:
        # A vector that nobody computes: it would be overwritten if its window were embedded once more.
        session.execute(text("UPDATE windows SET vector = zeroblob(768) WHERE ordinal = 0"))
    time_passes(url)
    with running(home, free_port()) as server:
        until(lambda: embedded(url)[1] == windows, 60)
        until(lambda: counted(url, select(StoreFileRow.stage)) == ["done"])
        assert server.client.vector_stores.retrieve(store).file_counts.completed == 1
        found = server.client.vector_stores.search(store, query="In which town was pump 777 built?")
        assert "Pump 777 " in found.data[0].content[0].text
    assert embedded(url) == [windows, windows]
    assert counted(url, select(WindowRow.vector).where(WindowRow.ordinal == 0)) == [bytes(768)]
    assert in_the_index(home) == windows


def long_text() -> str:
    return "\n\n".join(
        f"Pump {n} was built in the town of Anytown{n} by hand, and still works." for n in range(900)
    )


def in_the_index(home: Path) -> int:
    from services.documents.vectors import VectorIndex

    index = VectorIndex(Settings(home=home).home / "vectors")
    (count,) = index.counts().values()
    return count
