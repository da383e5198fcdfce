"""An S3 server on 127.0.0.1 with one bucket, which checks signatures as the real one does.

    with ObjectStore() as store:
        settings = Settings(**store.settings)

It knows what we use: put, get with a range, head, delete, lists in pages, uploads in parts. `store.objects` is what
it holds; `store.fail_with` is the status of every answer until it is taken back.

Source: https://docs.aws.amazon.com/AmazonS3/latest/API/API_Operations_Amazon_Simple_Storage_Service.html
"""

from __future__ import annotations

import asyncio
import hashlib
import threading
from collections.abc import Callable
from types import TracebackType
from typing import Any
from xml.sax.saxutils import escape

from aiohttp import web

from tests.support.aws_signature import signature_of

BUCKET = "tandem-test"
ACCESS_KEY = "AKIATANDEMTEST"
SECRET_KEY = "tandem-test-secret"
PAGE = 3  # objects in one page of a list; a real server gives 1000


class ObjectStore:
    """The server, in a thread of its own; a context manager."""

    def __init__(self) -> None:
        self.objects: dict[str, bytes] = {}
        self.requests: list[tuple[str, str]] = []
        self.fail_with: int | None = None
        self.port = 0
        self._parts: dict[str, dict[int, bytes]] = {}
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)

    @property
    def settings(self) -> dict[str, Any]:
        """What `Settings` needs to use this store."""
        return {
            "blob_url": f"s3://{BUCKET}/some/prefix",
            "aws_endpoint_url": f"http://127.0.0.1:{self.port}",
            "aws_access_key_id": ACCESS_KEY,
            "aws_secret_access_key": SECRET_KEY,
        }

    def __enter__(self) -> ObjectStore:
        self._thread.start()
        asyncio.run_coroutine_threadsafe(self._start(), self._loop).result(10)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        asyncio.run_coroutine_threadsafe(self._runner.cleanup(), self._loop).result(10)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.close()

    async def _start(self) -> None:
        app = web.Application(client_max_size=2**28)
        app.router.add_route("*", "/{bucket}", self._answer)
        app.router.add_route("*", "/{bucket}/{name:.*}", self._answer)
        self._runner = web.AppRunner(app, shutdown_timeout=0.1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        self.port = self._runner.addresses[0][1]

    async def _answer(self, request: web.Request) -> web.Response:
        body = await request.read()
        self.requests.append((request.method, request.path_qs))
        if self.fail_with is not None:
            return _error(self.fail_with, "InternalError")
        if not request.headers.get("authorization", "").endswith(signature_of(request, body, SECRET_KEY)):
            return _error(403, "SignatureDoesNotMatch")
        if request.match_info["bucket"] != BUCKET:
            return _error(404, "NoSuchBucket")
        name = request.match_info.get("name", "")
        return self._choose(request, name)(request, name, body)

    def _choose(self, request: web.Request, name: str) -> Callable[[web.Request, str, bytes], web.Response]:
        in_parts = "uploads" in request.query or "uploadId" in request.query
        if request.method in ("GET", "HEAD"):
            return self._get if name else self._list
        if request.method == "DELETE":
            return self._delete
        if request.method == "POST":
            return self._begin_or_end
        return self._put_part if in_parts else self._put

    def _put(self, request: web.Request, name: str, body: bytes) -> web.Response:
        self.objects[name] = body
        return web.Response(headers={"ETag": _etag(body)})

    def _get(self, request: web.Request, name: str, body: bytes) -> web.Response:
        if name not in self.objects:
            return _error(404, "NoSuchKey")
        data, headers = self.objects[name], {"Last-Modified": "Sun, 22 Nov 2026 12:00:00 GMT"}
        headers["ETag"] = _etag(data)
        wanted = request.http_range
        if "range" not in request.headers:
            return web.Response(body=data, headers=headers | {"Content-Length": str(len(data))})
        if (wanted.start or 0) >= len(data):
            return _error(416, "InvalidRange")
        start, end = wanted.start or 0, min(wanted.stop or len(data), len(data))
        headers["Content-Range"] = f"bytes {start}-{end - 1}/{len(data)}"
        return web.Response(status=206, body=data[start:end], headers=headers)

    def _delete(self, request: web.Request, name: str, body: bytes) -> web.Response:
        self.objects.pop(name, None)
        return web.Response(status=204)

    def _list(self, request: web.Request, name: str, body: bytes) -> web.Response:
        after = request.query.get("continuation-token", "")
        names = sorted(n for n in self.objects if n.startswith(request.query.get("prefix", "")) and n > after)
        page = names[:PAGE]
        more = len(names) > PAGE
        entries = "".join(
            f"<Contents><Key>{escape(n)}</Key><Size>{len(self.objects[n])}</Size>"
            "<LastModified>2026-11-22T12:00:00.000Z</LastModified></Contents>"
            for n in page
        )
        token = f"<NextContinuationToken>{escape(page[-1])}</NextContinuationToken>" if more else ""
        return _xml("ListBucketResult", f"<IsTruncated>{str(more).lower()}</IsTruncated>{token}{entries}")

    def _begin_or_end(self, request: web.Request, name: str, body: bytes) -> web.Response:
        if "uploads" in request.query:
            upload_id = f"upload-{len(self._parts)}"
            self._parts[upload_id] = {}
            return _xml("InitiateMultipartUploadResult", f"<UploadId>{upload_id}</UploadId>")
        parts = self._parts.pop(request.query["uploadId"])
        self.objects[name] = b"".join(parts[number] for number in sorted(parts))
        return _xml("CompleteMultipartUploadResult", f"<ETag>{_etag(self.objects[name])}</ETag>")

    def _put_part(self, request: web.Request, name: str, body: bytes) -> web.Response:
        self._parts[request.query["uploadId"]][int(request.query["partNumber"])] = body
        return web.Response(headers={"ETag": _etag(body)})


def _etag(data: bytes) -> str:
    return f'"{hashlib.md5(data).hexdigest()}"'


def _xml(name: str, inside: str, status: int = 200) -> web.Response:
    return web.Response(status=status, text=f"<{name}>{inside}</{name}>", content_type="application/xml")


def _error(status: int, code: str) -> web.Response:
    return _xml("Error", f"<Code>{code}</Code><Message>As scripted.</Message>", status)
