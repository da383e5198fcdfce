"""The vectors in a Chroma server of their own: with one, and with none where one should be."""

from __future__ import annotations

import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from pathlib import Path

import pytest

from services.documents.vectors import VectorIndex
from services.errors import StorageFailed
from tests.browser.conftest import free_port
from tests.support.retrieval import Ground, ground, settled, stored, until, uploaded

CHROMA = shutil.which("chroma", path=str(Path(sys.executable).parent))


def answers(port: int) -> bool:
    with suppress(OSError):
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
        return True
    return False


class ChromaServer:
    """A Chroma server that can be stopped, and started again with what it had."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.port = folder, free_port()
        self._running = ExitStack()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        assert CHROMA is not None
        command = [CHROMA, "run", "--path", str(self.folder), "--host", "127.0.0.1", "--port", str(self.port)]
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self._running.callback(process.wait)
        self._running.callback(process.kill)
        until(lambda: answers(self.port) or process.poll() is not None)
        if process.poll() is not None:
            pytest.skip("a Chroma server cannot be started here")

    def stop(self) -> None:
        self._running.close()


@pytest.fixture
def server(tmp_path: Path) -> Iterator[ChromaServer]:
    if CHROMA is None:
        pytest.skip("the command of Chroma is not installed")
    made = ChromaServer(tmp_path / "chroma")
    made.start()
    yield made
    made.stop()


@pytest.fixture
def apart(tmp_path: Path, server: ChromaServer) -> Iterator[Ground]:
    """A server whose vectors lie in the Chroma server."""
    home = tmp_path / "server"
    with ground(home, f"sqlite:///{home}/tandem.db", chroma_url=server.url) as made:
        yield made


def test_vectors_lie_in_the_chroma_server(apart: Ground, server: ChromaServer) -> None:
    client = apart.account()
    store, ids = stored(client, {"a.txt": "The pump is blue.", "b.txt": "The valve is red."})
    index = VectorIndex(apart.home / "unused", server.url)
    assert index.count(store) == 2
    assert not (apart.home / "vectors").exists()
    assert client.vector_stores.search(store, query="blue pump").data[0].file_id == ids["a.txt"]
    client.files.delete(ids["a.txt"])
    apart.erased()
    assert index.count(store) == 1
    client.vector_stores.delete(store)
    apart.erased()
    assert index.counts() == {}


def test_words_alone_find_while_the_chroma_server_is_away(
    apart: Ground, server: ChromaServer, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("services.documents.vectors.REST_S", 0.1)
    monkeypatch.setattr("services.server.retrieval.embedder.REST_S", 0.1)
    client = apart.account()
    store, _ = stored(client, {"a.txt": "The pump is blue."})
    server.stop()
    assert client.vector_stores.search(store, query="blue pump").data[0].filename == "a.txt"
    assert f"The Chroma server at 127.0.0.1:{server.port} cannot be reached." in caplog.text
    file = uploaded(client, "b.txt", "The valve is red.")
    client.vector_stores.files.create(store, file_id=file)
    assert settled(client, store).file_counts.completed == 2
    assert client.vector_stores.search(store, query="red valve").data[0].file_id == file
    server.start()
    index = VectorIndex(apart.home / "unused", server.url)
    until(lambda: index.count(store) == 2)


def test_an_index_that_was_lost_is_filled_again(tmp_path: Path, server: ChromaServer) -> None:
    home = tmp_path / "server"
    with ground(home, f"sqlite:///{home}/tandem.db", chroma_url=server.url) as made:
        store, _ = stored(made.account(), {"a.txt": "The pump is blue.", "b.txt": "The valve is red."})
    index = VectorIndex(home / "unused", server.url)
    index.remove_stores([store])
    with ground(home, f"sqlite:///{home}/tandem.db", chroma_url=server.url) as made:
        until(lambda: index.count(store) == 2)
        assert made.model.embedded == []


def test_a_server_that_is_not_there_is_said_so_at_once(tmp_path: Path) -> None:
    index = VectorIndex(tmp_path, f"http://someone:secret@127.0.0.1:{free_port()}")
    for _ in range(3):
        with pytest.raises(
            StorageFailed, match=r"The Chroma server at 127\.0\.0\.1:\d+ cannot be reached"
        ) as failure:
            index.count("vs_x")
        assert "secret" not in failure.value.user_message
