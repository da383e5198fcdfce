"""/v1 in front of everything else, and the address it was reached on."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route
from starlette.testclient import TestClient

from services import address
from services.server.front import ApiFirst, RememberAddress
from services.server.shutdown import OpenAnswers


async def _tell(request: Request) -> JSONResponse:
    return JSONResponse({"by": request.app.state.name, "root": request.scope["root_path"]})


def _app(name: str, path: str, **more: object) -> Starlette:
    app = Starlette(routes=[Route(path, _tell)], **more)  # type: ignore[arg-type]
    app.state.name = name
    return app


@pytest.fixture(autouse=True)
def same_address() -> Iterator[None]:
    yield
    address.remember("127.0.0.1", 8501)


def test_v1_goes_to_the_api_and_the_rest_to_the_pages() -> None:
    api = _app("api", "/models")
    pages = _app("pages", "/{rest:path}", middleware=[Middleware(ApiFirst, api=api, answers=OpenAnswers())])
    http = TestClient(pages)
    assert http.get("/v1/models").json() == {"by": "api", "root": "/v1"}
    assert http.get("/chat").json()["by"] == "pages"
    assert http.get("/v10/models").json()["by"] == "pages"


@pytest.mark.parametrize(
    ("host", "base_url"),
    [
        ("0.0.0.0", "http://127.0.0.1:9000/v1"),
        ("::", "http://127.0.0.1:9000/v1"),
        ("::1", "http://127.0.0.1:9000/v1"),
        ("::ffff:127.0.0.1", "http://127.0.0.1:9000/v1"),
        ("::ffff:192.0.2.2", "http://192.0.2.2:9000/v1"),
        ("2001:db8::1", "http://[2001:db8::1]:9000/v1"),
        ("testserver", "http://testserver:9000/v1"),
    ],
)
def test_own_base_url_is_one_a_client_can_use(host: str, base_url: str) -> None:
    address.remember(host, 9000)
    assert address.own_base_url() == base_url


def test_the_first_request_tells_the_address() -> None:
    pages = _app("pages", "/", middleware=[Middleware(RememberAddress)])
    TestClient(pages, base_url="http://127.0.0.1:9123").get("/")
    assert address.own_base_url() == "http://127.0.0.1:9123/v1"
