"""An ASGI application served over a real socket, for tests of what only a socket shows."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn
from starlette.applications import Starlette
from starlette.routing import Mount


@contextmanager
def served(api: Starlette, port: int = 0) -> Iterator[str]:
    """Serve the API at /v1 on 127.0.0.1, on a free port unless one is given; gives its base URL."""
    outer = Starlette(routes=[Mount("/v1", app=api)], lifespan=lambda _: api.router.lifespan_context(api))
    listener = socket.create_server(("127.0.0.1", port))
    server = _Server(uvicorn.Config(outer, log_level="error", timeout_graceful_shutdown=1))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    assert server.is_up.wait(10)
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}/v1"
    finally:
        server.should_exit = True
        thread.join(10)
        listener.close()


class _Server(uvicorn.Server):
    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.is_up = threading.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.is_up.set()
