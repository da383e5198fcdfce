"""What is said about the local model, from what /healthz of a server answers."""

from __future__ import annotations

import http.server
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from services.health import EngineState, engine_state


@contextmanager
def answering(body: bytes, status: int = 200) -> Iterator[str]:
    """A server whose every answer is `body`; gives the base URL of its /v1."""

    class Answer(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(status if self.path == "/healthz" else 404)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    server = http.server.HTTPServer(("127.0.0.1", 0), Answer)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/v1"
    server.shutdown()
    thread.join()
    server.server_close()


def test_state_of_the_chat_model_is_read() -> None:
    with answering(b'{"engines": {"chat": {"state": "fetching", "progress": 0.25}}}') as url:
        assert engine_state(url) == EngineState("fetching", 0.25)


@pytest.mark.parametrize(
    "body",
    [b"", b"<html>", b"[]", b"null", b'{"status": "ok"}', b'{"engines": null}', b'{"engines": {"chat": {}}}'],
)
def test_answer_of_another_server_tells_nothing(body: bytes) -> None:
    with answering(body) as url:
        assert engine_state(url) is None


def test_silence_tells_nothing() -> None:
    assert engine_state("http://127.0.0.1:9/v1") is None


@pytest.mark.parametrize(
    ("state", "sentence"),
    [
        (EngineState("ready"), ""),
        (EngineState("fetching", 0.25), "The local model is being downloaded, 25% done"),
        (EngineState("fetching"), "The local model is being downloaded"),
        (EngineState("loading"), "The local model is loading, a few seconds"),
        (EngineState("stopped"), "The local model is loading, a few seconds"),
        (EngineState("crashed"), "The local model stopped and is starting again"),
        (EngineState("missing"), "The local model is not there"),
        (EngineState("failed", error="The disk is full."), "The disk is full."),
        (EngineState("of another version"), ""),
    ],
)
def test_what_is_waited_for_is_said(state: EngineState, sentence: str) -> None:
    assert state.sentence == sentence
