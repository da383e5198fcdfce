"""Lists in pages: the same promises for assistants, messages, runs and steps."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.contract.assistants.conftest import Clock
from tests.support.assistants import FUNCTION, Account
from tests.support.upstream import Script, ToolCall

Listing = tuple[str, list[str]]
"""The path of a list, and the ids in it, oldest first."""


def assistants(me: Account) -> Listing:
    return "assistants", [me.assistant(name=str(n)).id for n in range(5)]


def messages(me: Account) -> Listing:
    thread = me.thread()
    add = me.client.beta.threads.messages.create
    made = [add(thread.id, role="user", content=str(n)).id for n in range(5)]
    return f"threads/{thread.id}/messages", made


def runs(me: Account) -> Listing:
    thread, assistant = me.thread("Hi"), me.assistant()
    made = [me.run(thread, assistant).id for _ in range(5)]
    return f"threads/{thread.id}/runs", made


def steps(me: Account) -> Listing:
    """Two answers with words and a call, and a last one with words."""
    me.upstream.play(*[Script(before=("Wait.",), tool_calls=(ToolCall("weather", "{}"),))] * 2, Script())
    run = me.run(assistant=me.assistant(tools=[FUNCTION]))
    run = me.answered(me.answered(run))
    made = [event.data["id"] for event in me.events(run) if event.name == "thread.run.step.created"]
    return f"threads/{run.thread_id}/runs/{run.id}/steps", made


@pytest.fixture(params=[assistants, messages, runs, steps], ids=lambda make: str(make.__name__))
def listing(request: pytest.FixtureRequest, me: Account, clock: Clock) -> Listing:
    """A list of five, all made within one second."""
    make: Callable[[Account], Listing] = request.param
    path, ids = make(me)
    assert len(ids) == 5
    return path, ids


def page(me: Account, path: str, **query: Any) -> tuple[list[str], bool]:
    """The ids of one page, and whether there are more."""
    answer = me.http.get(path, params=query)
    assert answer.status_code == 200, answer.text
    told = answer.json()
    ids = [item["id"] for item in told["data"]]
    assert told["object"] == "list"
    assert (told["first_id"], told["last_id"]) == ((ids[0], ids[-1]) if ids else (None, None))
    return ids, told["has_more"]


def test_newest_come_first_unless_asked_otherwise(me: Account, listing: Listing) -> None:
    path, ids = listing
    assert page(me, path) == (ids[::-1], False)
    assert page(me, path, order="desc") == (ids[::-1], False)
    assert page(me, path, order="asc") == (ids, False)


def test_pages_follow_each_other_without_gap_or_repetition(me: Account, listing: Listing) -> None:
    path, ids = listing
    for order, expected in (("asc", ids), ("desc", ids[::-1])):
        assert page(me, path, order=order, limit=2) == (expected[:2], True)
        assert page(me, path, order=order, limit=2, after=expected[1]) == (expected[2:4], True)
        assert page(me, path, order=order, limit=2, after=expected[3]) == (expected[4:], False)
        assert page(me, path, order=order, limit=2, after=expected[4]) == ([], False)
        assert page(me, path, order=order, limit=5) == (expected, False)


def test_the_page_before_touches_the_object_named(me: Account, listing: Listing) -> None:
    path, ids = listing
    for order, expected in (("asc", ids), ("desc", ids[::-1])):
        assert page(me, path, order=order, limit=2, before=expected[4]) == (expected[2:4], True)
        assert page(me, path, order=order, limit=2, before=expected[2]) == (expected[:2], False)
        assert page(me, path, order=order, before=expected[0]) == ([], False)
        assert page(me, path, order=order, after=expected[0], before=expected[4]) == (expected[1:4], False)


def test_the_sdk_turns_the_pages_by_itself(me: Account, listing: Listing) -> None:
    path, ids = listing
    client = me.client.beta
    match path.split("/"):
        case ["assistants"]:
            found: Any = client.assistants.list(limit=2, order="asc")
        case ["threads", thread_id, "messages"]:
            found = client.threads.messages.list(thread_id, limit=2, order="asc")
        case ["threads", thread_id, "runs"]:
            found = client.threads.runs.list(thread_id, limit=2, order="asc")
        case ["threads", thread_id, "runs", run_id, _]:
            found = client.threads.runs.steps.list(run_id, thread_id=thread_id, limit=2, order="asc")
    assert [item.id for item in found] == ids


WRONG_QUERIES = [
    ({"limit": "0"}, "Invalid 'limit': integer below minimum value. Expected a value >= 1, but got 0"),
    ({"limit": "101"}, "Invalid 'limit': integer above maximum value. Expected a value <= 100"),
    ({"limit": "-1"}, "Invalid 'limit': integer below minimum value"),
    ({"limit": "--5"}, "Invalid type for 'limit': expected an integer"),
    ({"limit": "ten"}, "Invalid type for 'limit': expected an integer, but got a string instead."),
    ({"limit": "9" * 30}, "Invalid type for 'limit'"),
    ({"order": "up"}, "Invalid value: 'up'. Supported values are: 'asc' and 'desc'."),
]


@pytest.mark.parametrize("path", ["assistants", "threads/{thread}/messages", "threads/{thread}/runs"])
def test_what_a_page_may_not_be_asked_for(me: Account, path: str) -> None:
    path = path.format(thread=me.thread().id)
    for query, words in WRONG_QUERIES:
        status, message = me.error("GET", path, params=query)
        assert status == 400, query
        assert words in message


def test_a_cursor_that_is_not_in_the_list_is_not_found(me: Account, listing: Listing) -> None:
    path, _ = listing
    for cursor in ("asst_nothing", "msg_nothing", "x", "'; --", "a" * 500):
        status, message = me.error("GET", path, params={"after": cursor})
        assert (status, message) == (404, f"There is no object with id '{cursor}' in this list.")


def test_a_cursor_with_a_null_character_is_refused_not_looked_for(me: Account) -> None:
    for query in ({"after": "a\0b"}, {"before": "\0"}, {"run_id": "run_\0"}):
        assert me.error("GET", f"threads/{me.thread().id}/messages", params=query)[0] == 400


def test_twenty_come_unless_asked_otherwise(me: Account) -> None:
    for _ in range(21):
        me.assistant()
    ids, has_more = page(me, "assistants")
    assert (len(ids), has_more) == (20, True)
    assert page(me, "assistants", limit=100)[1] is False


def test_empty_lists_are_lists(me: Account) -> None:
    thread = me.thread()
    for path in ("assistants", f"threads/{thread.id}/messages", f"threads/{thread.id}/runs"):
        assert me.http.get(path).json() == {
            "object": "list",
            "data": [],
            "first_id": None,
            "last_id": None,
            "has_more": False,
        }


def test_what_is_deleted_does_not_shift_a_page(me: Account) -> None:
    path, ids = messages(me)
    first, _ = page(me, path, order="asc", limit=2)
    me.http.delete(f"{path}/{ids[0]}")
    assert page(me, path, order="asc", limit=2, after=first[-1]) == (ids[2:4], True)
