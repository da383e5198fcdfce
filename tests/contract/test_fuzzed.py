"""Every operation of our OpenAPI, asked for what it describes and for what it does not: it answers, and tells no lies."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote, unquote

import httpx2
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from pydantic import TypeAdapter
from schemathesis import Case, GenerationMode
from schemathesis.core import NotSet
from starlette.testclient import TestClient

from services.server.openapi import description
from services.server.operations import OPERATIONS, Operation
from services.server.rules.schema import loaded
from tests.support.databases import KINDS, postgres, postgres_database  # noqa: F401
from tests.support.engines import CHAT_MODEL
from tests.support.retrieval import Ground, ground
from tests.support.world import World

EXAMPLES = int(os.environ.get("FUZZ_EXAMPLES", "8"))
FORM, JSON = "multipart/form-data", "application/json"
BOUNDED = settings(
    max_examples=EXAMPLES,
    deadline=None,
    derandomize=True,
    database=None,
    phases=(Phase.generate,),
    suppress_health_check=list(HealthCheck),
)
BY_NAME = {operation.name: operation for operation in OPERATIONS.values()}


@pytest.fixture(scope="module", params=KINDS)
def fuzzed(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ground]:
    """A server on a database of one kind."""
    home = tmp_path_factory.mktemp(f"fuzzed-{request.param}")
    if request.param == "sqlite":
        with ground(home, f"sqlite:///{home}/tandem.db") as made:
            yield made
        return
    with postgres_database(request.getfixturevalue("postgres"), "fuzzed") as url, ground(home, url) as made:
        yield made


@pytest.fixture(scope="module")
def described() -> dict[str, Any]:
    """The operations of our description, by name."""
    schema = schemathesis.openapi.from_dict(description())
    found = [result.ok() for result in schema.get_all_operations()]
    return {operation.definition.raw["operationId"]: operation for operation in found}


class Asker:
    """Sends made-up requests for an owner who has one object of each kind."""

    def __init__(self, http: TestClient, key: str, world: World) -> None:
        self._http, self._world, self._key = http, world, key

    def send(self, case: Case, choose: st.DataObject) -> httpx2.Response:
        path = case.operation.path.lstrip("/")
        for name, value in (case.path_parameters or {}).items():
            kind = "request_batch_id" if path.startswith("batches") else name
            wanted = self._world.of(kind, unquote(str(value)), choose)
            path = path.replace(f"{{{name}}}", quote(wanted, safe=""))
        headers = {"authorization": f"Bearer {self._key}"}
        params = [(name, str(part)) for name, value in (case.query or {}).items() for part in _listed(value)]
        content = self._content(case, choose)
        headers |= content.pop("headers", {})
        return self._http.request(case.method, path, params=params, headers=headers, **content)

    def _content(self, case: Case, choose: st.DataObject) -> dict[str, Any]:
        if isinstance(case.body, NotSet):
            return {}
        if case.media_type == FORM and isinstance(case.body, dict):
            parts = [
                (name, (None, _bytes(part))) for name, value in case.body.items() for part in _listed(value)
            ]
            return {"files": parts or [("", (None, b""))]}
        body = self._world.within(case.body, choose)
        return {"content": _bytes(body), "headers": {"content-type": str(case.media_type)}}


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _bytes(value: Any) -> bytes:
    data = getattr(value, "data", value)
    return data if isinstance(data, bytes) else json.dumps(data).encode("utf-8", "surrogatepass")


def check(operation: Operation, answer: httpx2.Response) -> None:
    """No failure of the server; an error as OpenAI writes it, or what the SDK's type says."""
    assert answer.status_code < 500, (
        answer.request.method,
        answer.request.url,
        answer.request.content,
        answer.text,
    )
    assert answer.headers["x-request-id"].startswith("req_")
    kind = answer.headers.get("content-type", "")
    if answer.status_code != 200:
        assert kind.partition(";")[0] == JSON, kind  # an upstream writes its own
        error = answer.json()["error"]
        assert set(error) == {"message", "type", "param", "code"}
        assert isinstance(error["message"], str) and error["message"]
        assert isinstance(error["type"], str)
    elif kind.startswith("text/event-stream"):
        check_events(operation, answer.text)
    elif operation.response is not None:
        TypeAdapter(loaded(operation.response)).validate_json(answer.content)


def check_events(operation: Operation, text: str) -> None:
    assert operation.streams is not None
    adapter = TypeAdapter(loaded(operation.streams))
    for event in text.strip().split("\n\n"):
        lines = dict(line.partition(": ")[::2] for line in event.splitlines())
        if lines.get("data") != "[DONE]":
            data = json.loads(lines["data"])
            is_told_inside = "event" not in lines or data.get("type") == lines["event"]
            adapter.validate_python(data if is_told_inside else {"event": lines["event"], "data": data})


@pytest.fixture(scope="module")
def asker(fuzzed: Ground) -> Asker:
    """For operations that leave what there is."""
    return asker_of(fuzzed)


def asker_of(fuzzed: Ground) -> Asker:
    client = fuzzed.account()
    return Asker(fuzzed.http, client.api_key, World(client))


CASES = [
    (n, m) for n in sorted(BY_NAME) for m in GenerationMode if m.is_positive or not n.startswith("docs.")
]


@pytest.mark.parametrize(("name", "mode"), CASES)
def test_an_operation_answers_whatever_it_is_asked(
    fuzzed: Ground, asker: Asker, described: dict[str, Any], name: str, mode: GenerationMode
) -> None:
    operation = described[name]
    if name.endswith(("delete", "cancel", "complete")):
        asker = asker_of(fuzzed)

    @BOUNDED
    @given(case=operation.as_strategy(generation_mode=mode), choose=st.data())
    def ask(case: Case, choose: st.DataObject) -> None:
        check(BY_NAME[name], asker.send(case, choose))

    ask()


NO_ID = "file-\x00"
"""PostgreSQL refuses a NUL in any text, so that such an id must never reach it."""
AS_PICTURE = {"type": "image_url", "image_url": {"url": NO_ID}}
AS_DOCUMENT = {"type": "file", "file": {"file_id": NO_ID}}
CONTAINER = {"type": "code_interpreter", "container": {"type": "auto", "file_ids": [NO_ID]}}
NAMING_NO_FILE: list[tuple[str, dict[str, Any]]] = [
    ("chat/completions", {"messages": [{"role": "user", "content": [AS_PICTURE]}]}),
    ("chat/completions", {"messages": [{"role": "user", "content": [AS_DOCUMENT]}]}),
    ("responses", {"input": [{"role": "user", "content": [{"type": "input_file", "file_id": NO_ID}]}]}),
    ("responses", {"input": "Add them.", "tools": [CONTAINER]}),
]


@pytest.mark.parametrize(("path", "body"), NAMING_NO_FILE)
def test_an_id_that_no_database_takes_is_the_id_of_no_file(
    fuzzed: Ground, path: str, body: dict[str, Any]
) -> None:
    headers = {"Authorization": f"Bearer {fuzzed.account().api_key}"}
    answer = fuzzed.http.post(path, json={"model": CHAT_MODEL, **body}, headers=headers)
    assert answer.status_code in (400, 404), answer.text
    assert "file" in answer.json()["error"]["message"].lower()
