"""Attribute filters of a search through the unmodified SDK."""

from __future__ import annotations

from typing import Any

import openai
import pytest
from openai import OpenAI
from openai.types import VectorStoreSearchResponse

from tests.support.retrieval import Ground, settled, until, uploaded

FILES: dict[str, dict[str, str | float | bool]] = {
    "a": {"year": 2020, "kind": "manual", "draft": False, "price": 1.5},
    "b": {"year": 2022, "kind": "report", "draft": True},
    "c": {"year": 2024, "kind": "manual", "price": 3},
    "d": {},
}


@pytest.fixture(scope="session")
def library(shared: Ground) -> tuple[OpenAI, str]:
    """Four files with different attributes, all about the same thing."""
    client = shared.account()
    store = client.vector_stores.create().id
    for name, attributes in FILES.items():
        file = uploaded(client, name, f"The pump {name} is blue.")
        client.vector_stores.files.create(store, file_id=file, attributes=attributes)
    settled(client, store)
    return client, store


def one(kind: str, key: str, value: Any) -> dict[str, Any]:
    return {"type": kind, "key": key, "value": value}


CASES: list[tuple[dict[str, Any], str]] = [
    (one("eq", "kind", "manual"), "ac"),
    (one("eq", "year", 2022), "b"),
    (one("eq", "year", 2022.0), "b"),
    (one("eq", "year", "2022"), ""),
    (one("eq", "draft", True), "b"),
    (one("eq", "draft", 1), ""),
    (one("eq", "price", 3), "c"),
    (one("ne", "kind", "manual"), "bd"),
    (one("gt", "year", 2020), "bc"),
    (one("gte", "year", 2020), "abc"),
    (one("lt", "year", 2022), "a"),
    (one("lte", "price", 1.5), "a"),
    (one("gt", "kind", "n"), "b"),
    (one("gt", "year", "2020"), ""),
    (one("gt", "draft", False), ""),
    (one("in", "year", [2020, 2024]), "ac"),
    (one("in", "kind", []), ""),
    (one("nin", "kind", ["report"]), "acd"),
    (one("nin", "year", []), "abcd"),
    ({"type": "and", "filters": [one("eq", "kind", "manual"), one("gt", "year", 2021)]}, "c"),
    ({"type": "or", "filters": [one("eq", "draft", True), one("lt", "price", 2)]}, "ab"),
    ({"type": "and", "filters": []}, "abcd"),
    ({"type": "or", "filters": []}, ""),
    (
        {
            "type": "or",
            "filters": [
                {"type": "and", "filters": [one("eq", "kind", "report"), one("ne", "draft", False)]},
                {"type": "and", "filters": [one("gte", "price", 3), one("in", "year", [2024])]},
            ],
        },
        "bc",
    ),
]


@pytest.mark.parametrize(("condition", "names"), CASES)
def test_only_admitted_files_are_searched(library: tuple[OpenAI, str], condition: Any, names: str) -> None:
    client, store = library
    found = client.vector_stores.search(store, query="blue pump", filters=condition)
    assert {hit.filename for hit in found} == set(names)
    assert all(hit.attributes == FILES[hit.filename] for hit in found)


def nested(depth: int) -> dict[str, Any]:
    condition = one("eq", "year", 2020)
    for _ in range(depth - 1):
        condition = {"type": "and", "filters": [condition]}
    return condition


def test_filters_may_be_nested_sixteen_deep(library: tuple[OpenAI, str]) -> None:
    client, store = library
    deep: Any = nested(16)
    assert [hit.filename for hit in client.vector_stores.search(store, query="pump", filters=deep)] == ["a"]


WRONG: list[tuple[Any, str, str]] = [
    (nested(17), "invalid_value", "filters" + ".filters[0]" * 16),
    ({"type": "and", "filters": [3]}, "invalid_type", "filters.filters[0]"),
    ({"type": "and", "filters": [{}]}, "missing_required_parameter", "filters.filters[0].type"),
    ({"type": "and", "filters": [{"type": "like"}]}, "invalid_value", "filters.filters[0].type"),
    ({"type": "or", "filters": [{"type": []}]}, "invalid_value", "filters.filters[0].type"),
    (
        {"type": "and", "filters": [{"type": "eq", "key": "a"}]},
        "missing_required_parameter",
        "filters.filters[0].value",
    ),
    ({"type": "and", "filters": [one("eq", 3, 3)]}, "invalid_type", "filters.filters[0].key"),  # type: ignore[arg-type]
    (
        {"type": "and", "filters": [{"type": "or"}]},
        "missing_required_parameter",
        "filters.filters[0].filters",
    ),
    (
        {"type": "and", "filters": [{"type": "or", "filters": 7}]},
        "invalid_type",
        "filters.filters[0].filters",
    ),
    (one("eq", "a", ["x"]), "invalid_type", "filters.value"),
    (one("in", "a", "x"), "invalid_type", "filters.value"),
    (one("in", "a", {"x": 1}), "invalid_type", "filters.value"),
    (one("like", "a", "x"), "invalid_value", "filters.type"),
    ("year = 2020", "invalid_type", "filters"),
]


@pytest.mark.parametrize(("condition", "code", "param"), WRONG)
def test_a_wrong_filter_is_refused(
    library: tuple[OpenAI, str], condition: Any, code: str, param: str
) -> None:
    client, store = library
    body = {"query": "pump", "filters": condition}
    with pytest.raises(openai.BadRequestError) as refusal:
        client.post(f"/vector_stores/{store}/search", body=body, cast_to=VectorStoreSearchResponse)
    assert (refusal.value.code, refusal.value.param) == (code, param)


def test_a_filter_admits_the_near_and_the_far(client: OpenAI) -> None:
    """The nearest of the admitted are found, not the admitted of the nearest."""
    store = client.vector_stores.create().id
    texts = {"near": "The pump is blue. " * 2000, "far": "A blueish thing."}
    entries: Any = [
        {"file_id": uploaded(client, f"{kind}.txt", text), "attributes": {"kind": kind}}
        for kind, text in texts.items()
    ]
    client.vector_stores.file_batches.create_and_poll(store, files=entries)
    # A file whose words can be found counts as completed; the far one is found by its vector alone.
    condition: Any = one("eq", "kind", "far")
    search = client.vector_stores.search
    found = until(lambda: search(store, query="The pump is blue", filters=condition).data)
    assert [hit.filename for hit in found] == ["far.txt"]
