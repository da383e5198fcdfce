"""The recording transports, between a real client and a scripted server on 127.0.0.1."""

import asyncio
import contextlib
import gzip
import json
import re
import socket
import threading
import time

import httpx2
import pytest

from services.recording import MAX_RESPONSE_BODY_BYTES, AsyncRecordingTransport, RecordingTransport

KEY = "sk-proj-abcdefgh1234"


class Script:
    """A server that answers each connection with the given pieces and waits for a nod between them."""

    def __init__(self, *pieces, headers="Content-Type: text/event-stream", cut=False):
        self._pieces, self._headers, self._cut = pieces, headers, cut
        self.go_on = threading.Semaphore(0)
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._socket.getsockname()[1]}/v1/chat/completions"
        threading.Thread(target=self._answer, daemon=True).start()

    def _answer(self):
        with contextlib.suppress(OSError):  # the client may have left
            self._serve()

    def _serve(self):
        connection, _ = self._socket.accept()
        with connection:
            received = b""
            while b"\r\n\r\n" not in received:
                received += connection.recv(65536)
            head, _, body = received.partition(b"\r\n\r\n")
            length = re.search(rb"content-length: (\d+)", head, re.IGNORECASE)
            while length and len(body) < int(length[1]):
                body += connection.recv(65536)
            head = f"HTTP/1.1 200 OK\r\n{self._headers}\r\nTransfer-Encoding: chunked\r\n\r\n"
            connection.sendall(head.encode())
            for piece in self._pieces:
                self.go_on.acquire(timeout=5)
                connection.sendall(f"{len(piece):x}\r\n".encode() + piece + b"\r\n")
            if not self._cut:
                self.go_on.acquire(timeout=5)
                connection.sendall(b"0\r\n\r\n")

    def finish(self):
        for _ in range(len(self._pieces) + 1):
            self.go_on.release()


@pytest.fixture
def seen():
    return []


@pytest.fixture
def client(seen):
    with (
        httpx2.HTTPTransport() as inner,
        httpx2.Client(transport=RecordingTransport(inner, seen.append)) as c,
    ):
        yield c


def post(client, url, **body):
    return client.stream("POST", url, json=body, headers={"Authorization": f"Bearer {KEY}"})


def test_a_stream_is_recorded_as_it_was_read(client, seen):
    script = Script(b"data: one\n\n", b"data: two\n\n")
    script.finish()
    with post(client, script.url, model="m", messages=[]) as response:
        text = "".join(response.iter_text())
    [exchange] = seen
    assert text == exchange.response_body == "data: one\n\ndata: two\n\n"
    assert (exchange.method, exchange.url, exchange.status) == ("POST", script.url, 200)
    assert json.loads(exchange.request_body) == {"model": "m", "messages": []}
    assert exchange.request_size_bytes == len(exchange.request_body.encode())
    assert exchange.request_headers["authorization"] == "Bearer ***"
    assert exchange.response_headers["content-type"] == "text/event-stream"
    assert exchange.duration_s > 0
    assert exchange.sent_at.tzinfo is not None
    assert KEY not in repr(exchange)


def test_pieces_arrive_one_by_one_and_can_be_seen_while_they_do(seen):
    script = Script(b"data: one\n\n", b"data: two\n\n")
    with httpx2.HTTPTransport() as inner:
        transport = RecordingTransport(inner, seen.append)
        with httpx2.Client(transport=transport) as client, post(client, script.url) as response:
            pieces = response.iter_raw()
            script.go_on.release()
            assert next(pieces) == b"data: one\n\n"
            assert transport.latest.response_body == "data: one\n\n"
            assert transport.latest.duration_s is None
            assert seen == []
            script.finish()
            assert next(pieces) == b"data: two\n\n"
    assert transport.latest == seen[0]


def test_a_stopped_stream_is_recorded_with_what_had_arrived(client, seen):
    script = Script(b"data: one\n\n", b"data: two\n\n")
    with post(client, script.url) as response:
        script.go_on.release()
        next(response.iter_raw())
    assert [e.response_body for e in seen] == ["data: one\n\n"]
    assert seen[0].status == 200


def test_a_cut_stream_is_recorded_with_what_had_arrived(client, seen):
    script = Script(b"data: one\n\n", cut=True)
    script.finish()
    with pytest.raises(httpx2.RemoteProtocolError), post(client, script.url) as response:
        response.read()
    assert [(e.status, e.response_body) for e in seen] == [(200, "data: one\n\n")]


def test_a_refused_connection_is_recorded_without_a_status(client, seen):
    with socket.create_server(("127.0.0.1", 0)) as unused:
        port = unused.getsockname()[1]
    with pytest.raises(httpx2.ConnectError):
        client.post(f"http://127.0.0.1:{port}/v1", json={"a": 1})
    [exchange] = seen
    assert (exchange.status, exchange.response_body, exchange.request_body) == (None, "", '{"a":1}')


def test_a_compressed_answer_is_recorded_as_text_also_when_cut(client, seen):
    packed = gzip.compress(b'{"choices": []}' * 100, mtime=0)
    script = Script(packed, headers="Content-Type: application/json\r\nContent-Encoding: gzip")
    script.finish()
    with post(client, script.url) as response:
        assert response.read() == b'{"choices": []}' * 100
    half = Script(packed[:40], headers="Content-Type: application/json\r\nContent-Encoding: gzip", cut=True)
    half.finish()
    with pytest.raises(httpx2.RemoteProtocolError), post(client, half.url) as response:
        response.read()
    assert seen[0].response_body == '{"choices": []}' * 100
    assert seen[1].response_body.startswith('{"choices": []}')


def test_a_key_repeated_by_the_server_is_not_kept(client, seen):
    script = Script(f"Incorrect API key provided: {KEY}.".encode())
    script.finish()
    with post(client, script.url) as response:
        response.read()
    assert seen[0].response_body == "Incorrect API key provided: ***."


def test_keys_in_the_address_are_not_kept(client, seen):
    script = Script(b"x")
    script.finish()
    url = script.url.replace("http://", "http://me:secret@") + "?api-key=secret&api-version=1"
    with client.stream("GET", url) as response:
        response.read()
    assert seen[0].url == script.url + "?api-key=***&api-version=1"


def test_a_long_answer_is_kept_up_to_the_limit_and_read_to_the_end(client, seen):
    piece = b"x" * (MAX_RESPONSE_BODY_BYTES // 2)
    script = Script(piece, piece, piece)
    script.finish()
    with post(client, script.url) as response:
        assert len(response.read()) == 3 * len(piece)
    body, _, note = seen[0].response_body.partition("\n")
    assert len(body) == MAX_RESPONSE_BODY_BYTES
    assert "3,000,000 bytes arrived" in note


def test_binary_bodies_are_named_not_kept(client, seen):
    script = Script(b"\x00\x01\x02", headers="Content-Type: audio/mpeg")
    script.finish()
    client.post(script.url, files={"file": ("a.mp3", b"\xff" * 100)}).read()
    assert seen[0].response_body == "(audio/mpeg, 3 bytes)"
    assert seen[0].request_body.startswith("(multipart/form-data; boundary=")


def test_pictures_in_a_request_are_shortened(client, seen):
    script = Script(b"ok")
    script.finish()
    with post(client, script.url, image="data:image/png;base64," + "QUJD" * 1000) as response:
        response.read()
    assert seen[0].request_body == '{"image":"data:image/png;base64,…(3,000 bytes)"}'
    assert seen[0].request_size_bytes > 4000


def test_a_failing_listener_does_not_cost_the_answer():
    def listener(_):
        raise RuntimeError("disk full")

    script = Script(b"data: one\n\n")
    script.finish()
    with (
        httpx2.HTTPTransport() as inner,
        httpx2.Client(transport=RecordingTransport(inner, listener)) as client,
        post(client, script.url) as response,
    ):
        assert response.read() == b"data: one\n\n"


def test_closing_a_client_leaves_the_shared_pool_open(seen):
    with httpx2.HTTPTransport() as pool:
        for _ in range(2):
            script = Script(b"ok")
            script.finish()
            with httpx2.Client(transport=RecordingTransport(pool, seen.append)) as client:
                client.get(script.url)
    assert len(seen) == 2


def test_the_asynchronous_transport_records_streams_stops_and_failures(seen):
    async def talk():
        async with httpx2.AsyncHTTPTransport() as pool:
            transport = AsyncRecordingTransport(pool, seen.append)
            async with httpx2.AsyncClient(transport=transport) as client:
                whole = Script(b"data: one\n\n", b"data: two\n\n")
                whole.finish()
                async with client.stream("GET", whole.url) as response:
                    await response.aread()
                stopped = Script(b"data: one\n\n", b"data: two\n\n")
                stopped.go_on.release()
                async with client.stream("GET", stopped.url) as response:
                    await anext(response.aiter_raw())
                    assert transport.latest.response_body == "data: one\n\n"
                silent = Script(b"never")
                async with client.stream("GET", silent.url) as response:
                    with pytest.raises(TimeoutError):
                        async with asyncio.timeout(0.05):
                            await response.aread()
                with pytest.raises(httpx2.ConnectError):
                    await client.get("http://127.0.0.1:1/")

    asyncio.run(talk())
    assert [(e.status, e.response_body) for e in seen] == [
        (200, "data: one\n\ndata: two\n\n"),
        (200, "data: one\n\n"),
        (200, ""),
        (None, ""),
    ]


def test_recording_adds_next_to_nothing_to_a_long_stream():
    chunks = [b"data: {}\n\n"] * 20_000

    class Many(httpx2.BaseTransport):
        def handle_request(self, request):
            return httpx2.Response(200, content=iter(chunks))

    def seconds(transport):
        with httpx2.Client(transport=transport) as client, client.stream("GET", "http://x/") as response:
            started = time.perf_counter()
            for _ in response.iter_raw():
                pass
            return time.perf_counter() - started

    plain = min(seconds(Many()) for _ in range(3))
    recorded = min(seconds(RecordingTransport(Many(), lambda _: None)) for _ in range(3))
    assert recorded - plain < 0.2
