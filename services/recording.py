"""Transports that write down what goes over the wire, without holding a stream up.

Apart from services.wire because httpx2 takes 0.2 s to import.
"""

from __future__ import annotations

import logging
import time
import zlib
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from datetime import UTC, datetime
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

import httpx2

from services.wire import Exchange, redact_headers, shorten_data_urls

MAX_RESPONSE_BODY_BYTES = 2_000_000
SHORTEST_SECRET_CHARS = 8

logger = logging.getLogger(__name__)
OnExchange = Callable[[Exchange], None]


class RecordingTransport(httpx2.BaseTransport):
    """Sends through `inner` and reports each exchange once: when its response is closed, or when it failed.

    `inner` is borrowed: whoever opened it closes it. `latest` is the newest exchange as far as it has come.
    """

    def __init__(self, inner: httpx2.BaseTransport, on_exchange: OnExchange) -> None:
        self._inner = inner
        self._on_exchange = on_exchange
        self._recording: _Recording | None = None

    @property
    def latest(self) -> Exchange | None:
        return self._recording.exchange() if self._recording else None

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        recording = self._recording = _Recording(request, self._on_exchange)
        try:
            response = self._inner.handle_request(request)
        except BaseException:
            recording.finish()
            raise
        recording.begin_response(response)
        if not isinstance(response.stream, httpx2.SyncByteStream):
            raise TypeError("RecordingTransport needs a synchronous transport")
        response.stream = _Tee(response.stream, recording)
        return response


class AsyncRecordingTransport(httpx2.AsyncBaseTransport):
    """RecordingTransport for asynchronous clients."""

    def __init__(self, inner: httpx2.AsyncBaseTransport, on_exchange: OnExchange) -> None:
        self._inner = inner
        self._on_exchange = on_exchange
        self._recording: _Recording | None = None

    @property
    def latest(self) -> Exchange | None:
        return self._recording.exchange() if self._recording else None

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        recording = self._recording = _Recording(request, self._on_exchange)
        try:
            response = await self._inner.handle_async_request(request)
        except BaseException:
            recording.finish()
            raise
        recording.begin_response(response)
        if not isinstance(response.stream, httpx2.AsyncByteStream):
            raise TypeError("AsyncRecordingTransport needs an asynchronous transport")
        response.stream = _AsyncTee(response.stream, recording)
        return response


class _Tee(httpx2.SyncByteStream):
    def __init__(self, stream: httpx2.SyncByteStream, recording: _Recording) -> None:
        self._stream = stream
        self._recording = recording

    def __iter__(self) -> Iterator[bytes]:
        for chunk in self._stream:
            self._recording.add(chunk)
            yield chunk

    def close(self) -> None:
        try:
            self._stream.close()
        finally:
            self._recording.finish()


class _AsyncTee(httpx2.AsyncByteStream):
    def __init__(self, stream: httpx2.AsyncByteStream, recording: _Recording) -> None:
        self._stream = stream
        self._recording = recording

    async def __aiter__(self) -> AsyncIterator[bytes]:
        async for chunk in self._stream:
            self._recording.add(chunk)
            yield chunk

    async def aclose(self) -> None:
        try:
            await self._stream.aclose()
        finally:
            self._recording.finish()


class _Recording:
    """One exchange while it happens."""

    def __init__(self, request: httpx2.Request, on_exchange: OnExchange) -> None:
        self._on_exchange = on_exchange
        self._started = time.perf_counter()
        self._sent_at = datetime.now(UTC)
        self._request = request
        self._response: httpx2.Response | None = None
        self._chunks: list[bytes] = []
        self._kept_bytes = self._size_bytes = 0
        self._duration_s: float | None = None

    def begin_response(self, response: httpx2.Response) -> None:
        self._response = response

    def add(self, chunk: bytes) -> None:
        self._size_bytes += len(chunk)
        kept = chunk[: MAX_RESPONSE_BODY_BYTES - self._kept_bytes]
        if kept:
            self._chunks.append(kept)
            self._kept_bytes += len(kept)

    def finish(self) -> None:
        """Report the exchange, the first time only. A listener's failure must not cost the answer."""
        if self._duration_s is not None:
            return
        self._duration_s = time.perf_counter() - self._started
        try:
            self._on_exchange(self.exchange())
        except Exception:
            logger.exception("An exchange could not be noted")

    def exchange(self) -> Exchange:
        request, response = self._request, self._response
        secrets = _secrets(request.headers)
        return Exchange(
            method=request.method,
            url=_without_key(str(request.url)),
            request_headers=redact_headers(request.headers),
            request_body=_scrub(_request_text(request), secrets),
            request_size_bytes=_request_size_bytes(request),
            sent_at=self._sent_at,
            status=response.status_code if response else None,
            response_headers=redact_headers(response.headers) if response else {},
            response_body=_scrub(self._response_text(response), secrets) if response else "",
            duration_s=self._duration_s,
        )

    def _response_text(self, response: httpx2.Response) -> str:
        body = _decompressed(b"".join(self._chunks), response.headers.get("content-encoding", ""))
        if self._size_bytes > self._kept_bytes or len(body) > MAX_RESPONSE_BODY_BYTES:
            note = f"\n… cut here: {self._size_bytes:,} bytes arrived, {MAX_RESPONSE_BODY_BYTES:,} are kept."
            return _as_text(body[:MAX_RESPONSE_BODY_BYTES], response.headers) + note
        return _as_text(body, response.headers)


def _request_text(request: httpx2.Request) -> str:
    try:
        return _as_text(request.content, request.headers)
    except httpx2.RequestNotRead:
        return f"({request.headers.get('content-type', 'body')}, {_request_size_bytes(request):,} bytes)"


def _request_size_bytes(request: httpx2.Request) -> int:
    return int(request.headers.get("content-length") or 0)


def _as_text(body: bytes, headers: Mapping[str, str]) -> str:
    """The body as text; what is neither UTF-8 nor called text is only named and measured."""
    media_type = headers.get("content-type", "").partition(";")[0].strip()
    if body and media_type.startswith(
        ("audio/", "image/", "video/", "application/octet-stream", "multipart/")
    ):
        return f"({media_type}, {len(body):,} bytes)"
    return body.decode("utf-8", errors="replace")


def _decompressed(body: bytes, encoding: str) -> bytes:
    """The body without its content encoding, also when it was cut. At most one byte over the limit comes back."""
    match encoding.strip().lower():
        case "" | "identity":
            return body
        case "gzip" | "x-gzip" | "deflate":
            try:
                return zlib.decompressobj(zlib.MAX_WBITS | 32).decompress(body, MAX_RESPONSE_BODY_BYTES + 1)
            except zlib.error:
                pass
    return f"({encoding}, {len(body):,} bytes)".encode()


def _secrets(headers: Mapping[str, str]) -> list[str]:
    """Keys of the request, in case the server repeats them in its answer."""
    shown = redact_headers(headers)
    words = [value.rpartition(" ")[2] for name, value in headers.items() if shown[name] != value]
    return [word for word in words if len(word) >= SHORTEST_SECRET_CHARS]


def _scrub(text: str, secrets: list[str]) -> str:
    for secret in secrets:
        text = text.replace(secret, "***")
    return shorten_data_urls(text)


def _without_key(url: str) -> str:
    """The address without a password or a key among its parameters."""
    parts = urlsplit(url)
    host = parts.netloc.rpartition("@")[2]
    query = [
        (n, "***" if n.lower().endswith(("key", "token")) else v) for n, v in parse_qsl(parts.query, True)
    ]
    return urlunsplit(parts._replace(netloc=host, query=urlencode(query, safe="*[]")))
