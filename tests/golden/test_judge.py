"""The comparison notices what it should, and forgives what it should."""

from __future__ import annotations

from typing import Any

import pytest

from tests.golden.compare import Comparison
from tests.golden.facts import Facts
from tests.golden.ids import Ids
from tests.golden.judge import judge
from tests.golden.recording import Answer, Exchange, events_of, load
from tests.golden.states import States

RUN = {
    "id": "run_recorded0000000000000000",
    "object": "thread.run",
    "status": "in_progress",
    "created_at": 1,
    "started_at": 2,
    "completed_at": None,
    "temperature": 1.0,
    "last_error": None,
    "expires_at": 601,
}
OURS = RUN | {"id": "run_ours00000000000000000000"}
TEXT = {
    "value": "Cake【4:0†a.txt】.",
    "annotations": [{"text": "【4:0†a.txt】", "start_index": 4, "end_index": 15}],
}
CREATED = 'event: thread.run.created\ndata: {"object":"thread.run"}\n\n'
QUEUED = 'event: thread.run.queued\ndata: {"object":"thread.run"}\n\n'
DONE = "event: done\ndata: [DONE]\n\n"


def exchange(body: Any, status: int = 200, kind: str = "application/json", sent: Any = None) -> Exchange:
    entry = {
        "RequestUri": "https://api.openai.com/v1/threads/t/runs/r",
        "RequestMethod": "GET",
        "RequestBody": sent,
        "StatusCode": status,
        "ResponseHeaders": {"Content-Type": kind},
        "ResponseBody": body,
    }
    return load("one", {"Entries": [entry]}).exchanges[0]


def differ(recorded: Any, ours: Any, sent: Any = None) -> list[str]:
    """The places in which two bodies differ."""
    one = exchange(recorded, sent=sent)
    ids = Ids()
    ids.learn(recorded, ours)
    facts = Facts(load("one", {"Entries": []}))
    answer = Answer(200, {"content-type": "application/json"}, ours)
    return [d.where for d in judge(one, answer, Comparison(ids, frozenset(), States(facts, 0)))]


def stream_differs(recorded: str, ours: str) -> list[str]:
    one = exchange([recorded], kind="text/event-stream")
    answer = Answer(200, {"content-type": "text/event-stream"}, events=events_of(ours))
    return [d.where for d in judge(one, answer, Comparison(Ids(), frozenset()))]


@pytest.mark.parametrize(
    "change",
    [
        {"temperature": 1},
        {"more": "than was recorded"},
        {"completed_at": 7},
        {"status": "completed", "expires_at": None, "completed_at": 7},
        {"created_at": 99},
    ],
)
def test_what_may_be_otherwise(change: dict[str, Any]) -> None:
    assert differ(RUN, OURS | change) == []


@pytest.mark.parametrize(
    "change",
    [
        {"created_at": 1.5},
        {"created_at": "1"},
        {"started_at": None},
        {"status": "failed"},
        {"last_error": {"code": "server_error"}},
        {"object": "run"},
    ],
)
def test_what_may_not(change: dict[str, Any]) -> None:
    assert differ(RUN, OURS | change) == list(change)


def test_a_missing_key_is_found_however_deep() -> None:
    assert differ({"a": [{"b": {"c": 1}}]}, {"a": [{"b": {}}]}) == ["a[0].b.c"]


def test_an_id_stands_for_one_thing() -> None:
    assert differ({"x": RUN, "run_id": RUN["id"]}, {"x": OURS, "run_id": "run_other0000000000000000000"}) == [
        "run_id"
    ]


def test_what_was_sent_comes_back() -> None:
    body = {"name": "Ada", "tools": [{"type": "file_search"}]}
    assert differ(body, {"name": "Ada", "tools": [{"type": "file_search", "more": 1}]}, sent=body) == []
    assert differ(body, {"name": "Eve", "tools": [{"type": "file_search"}]}, sent=body) == ["name"]


def test_a_citation_stands_where_it_says() -> None:
    assert differ({"text": TEXT}, {"text": TEXT}) == []
    moved = {**TEXT, "annotations": [{**TEXT["annotations"][0], "start_index": 3}]}  # type: ignore[dict-item]
    assert "annotations" in differ({"text": TEXT}, {"text": moved})


def test_a_page_has_its_size_and_its_order() -> None:
    items = [{**RUN, "id": f"run_recorded{i:016}", "created_at": 9 - i} for i in range(2)]
    ours = [{**RUN, "id": f"run_ours{i:020}", "created_at": 9 - i} for i in range(2)]
    page = {"object": "list", "data": items, "first_id": items[0]["id"], "last_id": items[1]["id"]}
    own = {"object": "list", "data": ours, "first_id": ours[0]["id"], "last_id": ours[1]["id"]}
    assert differ(page, own) == []
    assert differ(page, own | {"last_id": None}) == ["last_id"]
    assert differ(page, own | {"data": ours[:1], "last_id": ours[0]["id"]}) == ["data"]


def test_events_keep_their_order() -> None:
    assert stream_differs(CREATED + QUEUED + DONE, CREATED + QUEUED + DONE) == []
    assert stream_differs(CREATED + QUEUED + DONE, QUEUED + CREATED + DONE) == ["events"]
    assert stream_differs(CREATED + QUEUED + DONE, CREATED + QUEUED) == ["events"]


def test_later_deltas_may_be_cut_elsewhere_but_not_miss_a_key() -> None:
    def delta(text: str, more: str = "") -> str:
        part = f'{{"text":{{"value":"{text}"{more}}}}}'
        return f'event: thread.message.delta\ndata: {{"delta":{{"content":[{part}]}}}}\n\n'

    assert stream_differs(delta("A") + delta("B") + delta("C"), delta("A") + delta("BC")) == []
    cited = delta("A") + delta("B", ',"annotations":[]')
    assert stream_differs(cited, delta("A") + delta("B")) == [
        "thread.message.delta.delta.content[0].text.annotations"
    ]
