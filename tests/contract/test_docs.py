"""The documentation of the API is complete, and works without a network."""

from __future__ import annotations

import re
from pathlib import Path

from starlette.testclient import TestClient

from services.server.coverage import table
from services.server.operations import OPERATIONS
from services.server.routes import ROUTES

ROOT = Path(__file__).parents[2]


def test_every_route_is_in_the_description(http: TestClient) -> None:
    described = http.get("openapi.json").json()
    served = {
        (re.sub(r":\w+\}", "}", route.path), method.lower())
        for route in ROUTES
        for method in (route.methods or {"GET"}) - {"HEAD"}
    }
    assert {(path, method) for path, methods in described["paths"].items() for method in methods} == served


def test_every_operation_has_a_route() -> None:
    assert set(OPERATIONS) == {route.endpoint for route in ROUTES}


def test_every_reference_in_the_description_leads_somewhere(http: TestClient) -> None:
    answer = http.get("openapi.json")
    known = set(answer.json()["components"]["schemas"])
    assert set(re.findall(r'"#/components/schemas/([^"]+)"', answer.text)) <= known


def test_request_schemas_are_those_of_the_sdk(http: TestClient) -> None:
    described = http.get("openapi.json").json()
    schema = described["paths"]["/chat/completions"]["post"]["requestBody"]["content"]["application/json"][
        "schema"
    ]
    name = schema["$ref"].rsplit("/", 1)[1]
    properties = described["components"]["schemas"][name]["properties"]
    assert {"messages", "model", "temperature", "tools", "stream"} <= set(properties)


def test_the_page_and_all_it_loads_come_from_here(http: TestClient) -> None:
    page = http.get("docs")
    assert page.headers["content-type"].startswith("text/html")
    sources = re.findall(r'(?:src|href|data-description)="([^"]+)"', page.text)
    assert len(sources) == 4
    assert all(http.get(f"http://testserver{source}").status_code == 200 for source in sources)


def test_no_other_file_is_served(http: TestClient) -> None:
    assert http.get("docs/index.html").status_code == 404
    assert http.get("docs/..%2Fapi.py").status_code == 404


def test_coverage_table_is_up_to_date() -> None:
    assert (ROOT / "docs" / "api-coverage.md").read_text(encoding="utf-8") == table()
