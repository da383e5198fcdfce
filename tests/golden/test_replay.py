"""The replay itself: a session recorded with our own server agrees when it is replayed, and a changed one does not."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator

import pytest

from tests.golden.made_up import NAMES, Recorder
from tests.golden.playground import Playground
from tests.golden.replay import replay
from tests.golden.replies import Call, Reply
from tests.golden.report import differences_of

WEATHER = {
    "type": "function",
    "function": {"name": "weather", "parameters": {"type": "object", "properties": {}}},
}
QUESTION = {"messages": [{"role": "user", "content": "What is it like outside?"}]}
LATER = 5


@pytest.fixture(scope="module")
def accounts() -> Iterator[str]:
    return iter(NAMES)


@pytest.fixture
def record(ground: Playground, accounts: Iterator[str]) -> Iterator[Recorder]:
    recorder = Recorder(ground, next(accounts))
    yield recorder
    recorder.close()


@pytest.fixture
def differences(ground: Playground, accounts: Iterator[str], record: Recorder) -> Callable[[], list[str]]:
    """Replays what was recorded into an account of its own."""

    def found() -> list[str]:
        recording = record.recording(next(accounts))
        return list(differences_of("session", replay(recording, ground)))

    return found


def ask(record: Recorder, *replies: Reply, **more: object) -> dict[str, str]:
    """A run of an assistant with one function."""
    assistant = record("POST", "/assistants", json={"model": "gpt-4o", "tools": [WEATHER]})
    record.says(*replies)
    body = {"assistant_id": assistant["id"], "thread": QUESTION, **more}
    run: dict[str, str] = record("POST", "/threads/runs", json=body)
    return run


def test_function_calls_without_a_stream(record: Recorder, differences: Callable[[], list[str]]) -> None:
    run = ask(record, Reply(calls=(Call("weather", "{}"), Call("weather", '{"at": 1}'))), Reply(("Warm.",)))
    path = f"/threads/{run['thread_id']}/runs/{run['id']}"
    waiting = record.until(path, "requires_action")
    calls = waiting["required_action"]["submit_tool_outputs"]["tool_calls"]
    outputs = [{"tool_call_id": call["id"], "output": "21"} for call in calls]
    record("POST", f"{path}/submit_tool_outputs", json={"tool_outputs": outputs[:1]})
    record("POST", f"{path}/submit_tool_outputs", json={"tool_outputs": outputs})
    record.until(path, "completed")
    steps = record("GET", f"{path}/steps?limit=1")
    record("GET", f"{path}/steps?limit=1&after={steps['last_id']}")
    record("GET", f"/threads/{run['thread_id']}/messages?order=asc&run_id={run['id']}")
    assert differences() == []


def test_streamed_words_and_calls_of_one_answer(
    record: Recorder, differences: Callable[[], list[str]]
) -> None:
    ask(record, Reply(("Let me", " look."), (Call("weather", "{}"),)), stream=True)
    assert differences() == []


def test_a_run_that_is_cancelled_while_it_works(
    record: Recorder, differences: Callable[[], list[str]]
) -> None:
    run = ask(record, Reply(("Too late.",), gate=LATER))
    thread = f"/threads/{run['thread_id']}"
    record("POST", f"{thread}/messages", json={"role": "user", "content": "And?"})
    record("POST", f"{thread}/runs", json={"assistant_id": run["assistant_id"]})
    record("POST", f"{thread}/runs/{run['id']}/cancel")
    record.until(f"{thread}/runs/{run['id']}", "cancelled")
    record("POST", f"{thread}/runs/{run['id']}/cancel")
    record("DELETE", thread)
    record("GET", thread)
    assert differences() == []


def test_a_run_that_fails_and_one_that_is_cut_short(
    record: Recorder, differences: Callable[[], list[str]]
) -> None:
    run = ask(record, Reply(error="rate_limit_exceeded"))
    record.until(f"/threads/{run['thread_id']}/runs/{run['id']}", "failed")
    run = ask(record, Reply(("Once upon",), reason="length"), max_completion_tokens=256)
    record.until(f"/threads/{run['thread_id']}/runs/{run['id']}", "incomplete")
    record("GET", f"/threads/{run['thread_id']}/messages")
    assert differences() == []


def test_files_in_one_piece_and_in_parts(record: Recorder, differences: Callable[[], list[str]]) -> None:
    whole = record("POST", "/files", data={"purpose": "assistants"}, files={"file": ("a.txt", b"one")})
    record("POST", "/files", data={"purpose": "nothing"}, files={"file": ("b.txt", b"two")})
    upload = {"filename": "c.txt", "purpose": "user_data", "bytes": 5, "mime_type": "text/plain"}
    path = f"/uploads/{record('POST', '/uploads', json=upload)['id']}"
    parts = [record("POST", f"{path}/parts", files={"data": ("p", piece)}) for piece in (b"ab", b"cde")]
    complete = {"part_ids": [part["id"] for part in parts], "md5": hashlib.md5(b"abcde").hexdigest()}
    record("POST", f"{path}/complete", json=complete)
    record("GET", "/files?purpose=user_data")
    record("GET", f"/files/{whole['id']}/content")
    record("DELETE", f"/files/{whole['id']}")
    record("GET", f"/files/{whole['id']}")
    assert differences() == []


def test_searches_attributes_and_batches(record: Recorder, differences: Callable[[], list[str]]) -> None:
    text = b"The lighthouse keeper's cat is called Barnacle."
    files = [
        record(
            "POST", "/files", data={"purpose": "assistants"}, files={"file": (f"{i}.txt", text + b"%d" % i)}
        )
        for i in range(3)
    ]
    ids = [file["id"] for file in files]
    store = f"/vector_stores/{record('POST', '/vector_stores', json={'file_ids': ids[:1]})['id']}"
    batch = record("POST", f"{store}/file_batches", json={"file_ids": ids[1:]})
    record.until(f"{store}/file_batches/{batch['id']}", "completed")
    record.until(store, "completed")
    record("POST", f"{store}/files/{ids[0]}", json={"attributes": {"year": 1999, "sort": "note"}})
    record("POST", f"{store}/search", json={"query": "What is the cat called?"})
    record("GET", f"{store}/files/{ids[0]}/content")
    page = record("GET", f"{store}/files?limit=2&order=asc")
    record("GET", f"{store}/files?limit=2&order=asc&after={page['last_id']}")
    record("GET", f"{store}/files?order=asc&before={ids[2]}")
    assert differences() == []


def test_a_batch_that_is_cancelled_before_it_is_read(
    ground: Playground, record: Recorder, differences: Callable[[], list[str]]
) -> None:
    file = record("POST", "/files", data={"purpose": "assistants"}, files={"file": ("a.txt", b"text")})
    store = f"/vector_stores/{record('POST', '/vector_stores', json={})['id']}"
    ground.reader.is_held = True
    batch = record("POST", f"{store}/file_batches", json={"file_ids": [file["id"]]})
    cancelled = record("POST", f"{store}/file_batches/{batch['id']}/cancel")
    assert cancelled["status"] == "cancelled"
    record("GET", f"{store}/file_batches/{batch['id']}/files?filter=cancelled")
    assert differences() == []


def test_what_was_there_before_is_made_anew(
    ground: Playground, accounts: Iterator[str], record: Recorder
) -> None:
    for name in ("First", "Second", "Third"):
        record("POST", "/assistants", json={"model": "gpt-4o-mini", "name": name, "tools": [WEATHER]})
    record.entries.clear()
    page = record("GET", "/assistants?limit=2")
    record("GET", f"/assistants/{page['last_id']}")
    assert list(differences_of("session", replay(record.recording(next(accounts)), ground))) == []
