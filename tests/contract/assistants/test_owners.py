"""Another owner's ids: every operation of the API answers as if they were of nothing, and changes nothing."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from services.server.routes import ROUTES
from tests.support.assistants import FUNCTION, MODEL, Account, Service, until
from tests.support.batches import begun, ended, lines
from tests.support.trainer import BASE, ScriptedTrainer

OWNERLESS = {"/models", "/models/{model:path}", "/chat/completions", "/embeddings"} | {
    f"/{kind}/{name}"
    for kind, names in {
        "audio": ("speech", "transcriptions", "translations"),
        "images": ("generations", "edits", "variations", "facts"),
    }.items()
    for name in names
}
PARENTS = ("thread_id", "vector_store_id", "conversation_id", "container_id")
OPEN = {"/docs", "/docs/{name}", "/openapi.json"}
NOTHING: dict[str, Any] = {}
ASKED = {"model": MODEL, "input": "x"}
PROGRAMS = {"type": "code_interpreter"}
JOB = "/fine_tuning/jobs/{fine_tuning_job_id}"
BATCH = {"endpoint": "/v1/responses", "completion_window": "24h"}
OUTPUTS = {"tool_outputs": [{"tool_call_id": "call_1", "output": "x"}]}
SEARCH = {"file_search": {"vector_store_ids": ["{vector_store_id}"]}}
CODE = {"code_interpreter": {"file_ids": ["{file_id}"]}}
SEEN = {"role": "user", "content": [{"type": "image_file", "image_file": {"file_id": "{file_id}"}}]}
ATTACHED = {
    "role": "user",
    "content": "x",
    "attachments": [{"file_id": "{file_id}", "tools": [{"type": "file_search"}]}],
}

# Requests with another's ids, for every route: bodies to send, or queries of a GET. `{…}` are another's ids,
# `{my_…}` one's own; a path stands as it is unless a body brings its own.
TABLE: dict[tuple[str, str], list[Any]] = {
    ("POST", "/assistants"): [
        {"model": MODEL, "tool_resources": CODE},
        {"model": MODEL, "tool_resources": SEARCH},
    ],
    ("GET", "/assistants"): [{"after": "{assistant_id}"}, {"before": "{assistant_id}"}],
    ("GET", "/assistants/{assistant_id}"): [NOTHING],
    ("POST", "/assistants/{assistant_id}"): [{"name": "Stolen"}],
    ("DELETE", "/assistants/{assistant_id}"): [NOTHING],
    ("POST", "/threads/runs"): [
        {"assistant_id": "{assistant_id}"},
        {"assistant_id": "{my_assistant_id}", "tool_resources": SEARCH},
        {"assistant_id": "{my_assistant_id}", "thread": {"tool_resources": CODE}},
        {"assistant_id": "{my_assistant_id}", "thread": {"messages": [SEEN]}},
        {"assistant_id": "{my_assistant_id}", "thread": {"messages": [ATTACHED]}, "stream": True},
    ],
    ("POST", "/threads/{thread_id}/runs"): [
        {"assistant_id": "{my_assistant_id}"},
        {"assistant_id": "{assistant_id}"},
    ],
    ("GET", "/threads/{thread_id}/runs"): [NOTHING],
    ("GET", "/threads/{thread_id}/runs/{run_id}"): [NOTHING],
    ("POST", "/threads/{thread_id}/runs/{run_id}"): [{"metadata": {"a": "b"}}],
    ("POST", "/threads/{thread_id}/runs/{run_id}/cancel"): [NOTHING],
    ("POST", "/threads/{thread_id}/runs/{run_id}/submit_tool_outputs"): [OUTPUTS],
    ("GET", "/threads/{thread_id}/runs/{run_id}/events"): [NOTHING],
    ("GET", "/threads/{thread_id}/runs/{run_id}/prompts"): [NOTHING],
    ("GET", "/threads/{thread_id}/runs/{run_id}/steps"): [NOTHING],
    ("GET", "/threads/{thread_id}/runs/{run_id}/steps/{step_id}"): [NOTHING],
    ("GET", "/threads"): [{"after": "{thread_id}"}],
    ("POST", "/threads/{thread_id}/forks"): [{"message_id": "{message_id}"}],
    ("POST", "/threads"): [
        {"messages": [SEEN]},
        {"messages": [ATTACHED]},
        {"tool_resources": CODE},
        {"tool_resources": SEARCH},
        {"tool_resources": {"file_search": {"vector_stores": [{"file_ids": ["{file_id}"]}]}}},
    ],
    ("GET", "/threads/{thread_id}"): [NOTHING],
    ("POST", "/threads/{thread_id}"): [{"metadata": {"a": "b"}}],
    ("DELETE", "/threads/{thread_id}"): [NOTHING],
    ("POST", "/threads/{thread_id}/messages"): [{"role": "user", "content": "x"}],
    ("GET", "/threads/{thread_id}/messages"): [NOTHING],
    ("GET", "/threads/{thread_id}/messages/{message_id}"): [NOTHING],
    ("POST", "/threads/{thread_id}/messages/{message_id}"): [{"metadata": {"a": "b"}}],
    ("DELETE", "/threads/{thread_id}/messages/{message_id}"): [NOTHING],
    ("POST", "/responses"): [
        {**ASKED, "previous_response_id": "{response_id}"},
        {**ASKED, "conversation": "{conversation_id}"},
        {"model": MODEL, "input": [{"type": "item_reference", "id": "{item_id}"}]},
        {
            "model": MODEL,
            "input": [{"role": "user", "content": [{"type": "input_image", "file_id": "{file_id}"}]}],
        },
        {
            "model": MODEL,
            "input": [{"role": "user", "content": [{"type": "input_file", "file_id": "{file_id}"}]}],
        },
        {**ASKED, "tools": [{"type": "file_search", "vector_store_ids": ["{vector_store_id}"]}]},
        {**ASKED, "tools": [{**PROGRAMS, "container": "{container_id}"}]},
        {**ASKED, "tools": [{**PROGRAMS, "container": {"type": "auto", "file_ids": ["{file_id}"]}}]},
    ],
    ("POST", "/responses/input_tokens"): [{**ASKED, "previous_response_id": "{response_id}"}],
    ("POST", "/responses/compact"): [{**ASKED, "previous_response_id": "{response_id}"}],
    ("GET", "/responses/{response_id}"): [NOTHING, {"stream": "true"}],
    ("DELETE", "/responses/{response_id}"): [NOTHING],
    ("POST", "/responses/{response_id}/cancel"): [NOTHING],
    ("GET", "/responses/{response_id}/input_items"): [NOTHING],
    ("GET", "/responses/{response_id}/citations"): [NOTHING],
    ("POST", "/conversations"): [],
    ("GET", "/conversations/{conversation_id}"): [NOTHING],
    ("POST", "/conversations/{conversation_id}"): [{"metadata": {"a": "b"}}],
    ("DELETE", "/conversations/{conversation_id}"): [NOTHING],
    ("POST", "/conversations/{conversation_id}/items"): [{"items": [{"role": "user", "content": "x"}]}],
    ("GET", "/conversations/{conversation_id}/items"): [NOTHING],
    ("GET", "/conversations/{conversation_id}/items/{item_id}"): [NOTHING],
    ("DELETE", "/conversations/{conversation_id}/items/{item_id}"): [NOTHING],
    ("POST", "/containers"): [{"name": "x", "file_ids": ["{file_id}"]}],
    ("GET", "/containers/{container_id}"): [NOTHING],
    ("DELETE", "/containers/{container_id}"): [NOTHING],
    ("GET", "/containers/{container_id}/files"): [NOTHING],
    ("GET", "/containers/{container_id}/files/{file_id}"): [NOTHING],
    ("GET", "/containers/{container_id}/files/{file_id}/content"): [NOTHING],
    ("POST", "/files"): [],
    ("GET", "/files"): [{"after": "{file_id}"}],
    ("GET", "/files/{file_id}"): [NOTHING],
    ("DELETE", "/files/{file_id}"): [NOTHING],
    ("GET", "/files/{file_id}/content"): [NOTHING],
    ("POST", "/uploads"): [],
    ("POST", "/uploads/{upload_id}/parts"): [{"data": "form"}],
    ("POST", "/uploads/{upload_id}/complete"): [{"part_ids": ["{part_id}"]}, {"part_ids": []}],
    ("POST", "/uploads/{upload_id}/cancel"): [NOTHING],
    ("POST", "/batches"): [{**BATCH, "input_file_id": "{file_id}"}],
    ("GET", "/batches"): [{"after": "{batch_id}"}],
    ("GET", "/batches/{batch_id}"): [NOTHING],
    ("POST", "/batches/{batch_id}/cancel"): [NOTHING],
    ("POST", "/fine_tuning/jobs"): [{"model": BASE, "training_file": "{file_id}"}],
    ("GET", "/fine_tuning/jobs"): [{"after": "{fine_tuning_job_id}"}],
    ("GET", JOB): [NOTHING],
    ("POST", f"{JOB}/cancel"): [NOTHING],
    ("POST", f"{JOB}/pause"): [NOTHING],
    ("POST", f"{JOB}/resume"): [NOTHING],
    ("GET", f"{JOB}/events"): [NOTHING],
    ("GET", f"{JOB}/checkpoints"): [NOTHING],
    ("POST", "/vector_stores"): [{"file_ids": ["{file_id}"]}],
    ("GET", "/vector_stores"): [{"after": "{vector_store_id}"}],
    ("GET", "/vector_stores/{vector_store_id}"): [NOTHING],
    ("POST", "/vector_stores/{vector_store_id}"): [{"name": "Stolen"}],
    ("DELETE", "/vector_stores/{vector_store_id}"): [NOTHING],
    ("POST", "/vector_stores/{vector_store_id}/search"): [{"query": "words"}],
    ("GET", "/vector_stores/{vector_store_id}/passages"): [NOTHING],
    ("POST", "/vector_stores/{vector_store_id}/files"): [
        {"file_id": "{my_file_id}"},
        {"file_id": "{file_id}"},
    ],
    ("GET", "/vector_stores/{vector_store_id}/files"): [NOTHING],
    ("GET", "/vector_stores/{vector_store_id}/files/{file_id}"): [NOTHING],
    ("POST", "/vector_stores/{vector_store_id}/files/{file_id}"): [{"attributes": {"a": "b"}}],
    ("DELETE", "/vector_stores/{vector_store_id}/files/{file_id}"): [NOTHING],
    ("GET", "/vector_stores/{vector_store_id}/files/{file_id}/content"): [NOTHING],
    ("POST", "/vector_stores/{vector_store_id}/file_batches"): [{"file_ids": ["{my_file_id}"]}],
    ("GET", "/vector_stores/{vector_store_id}/file_batches/{batch_id}"): [NOTHING],
    ("POST", "/vector_stores/{vector_store_id}/file_batches/{batch_id}/cancel"): [NOTHING],
    ("GET", "/vector_stores/{vector_store_id}/file_batches/{batch_id}/files"): [NOTHING],
}


@dataclass(frozen=True, slots=True)
class Belongings:
    """What one owner has, by the names the routes give it."""

    owner: Account
    ids: dict[str, str]

    def state(self) -> list[Any]:
        """Everything as its owner sees it."""
        ids, get = self.ids, self.owner.http.get
        thread, store = f"threads/{ids['thread_id']}", f"vector_stores/{ids['vector_store_id']}"
        paths = [
            "assistants",
            thread,
            f"{thread}/messages",
            f"{thread}/runs",
            f"{thread}/runs/{ids['run_id']}/steps",
            "files",
            "vector_stores",
            f"{store}/files",
            f"{store}/file_batches/{ids['batch_id']}",
            f"batches/{ids['request_batch_id']}",
            f"fine_tuning/jobs/{ids['fine_tuning_job_id']}",
            f"responses/{ids['response_id']}",
            f"conversations/{ids['conversation_id']}",
            f"conversations/{ids['conversation_id']}/items",
            f"containers/{ids['container_id']}/files",
        ]
        return [get(path).json() for path in paths]


def belongings(owner: Account) -> Belongings:
    """One of everything, with a run that waits for its caller."""
    client = owner.client
    file = client.files.create(file=("a.txt", b"Words."), purpose="assistants")
    store = client.vector_stores.create(name="mine")
    batch = client.vector_stores.file_batches.create(store.id, file_ids=[file.id])
    until(lambda: not client.vector_stores.retrieve(store.id).file_counts.in_progress, 30)
    upload = client.uploads.create(filename="b.txt", purpose="assistants", bytes=3, mime_type="text/plain")
    part = client.uploads.parts.create(upload.id, data=b"abc")
    talk = client.conversations.create(items=[{"role": "user", "content": "x"}])
    container = client.containers.create(name="mine", file_ids=[file.id])
    response = client.responses.create(model=MODEL, input="x", background=True)
    until(lambda: client.responses.retrieve(response.id).status == "completed")
    run = owner.waiting()
    message = client.beta.threads.messages.list(run.thread_id).data[0]
    examples = client.files.create(file=("c.jsonl", b"{}"), purpose="fine-tune")
    job = client.fine_tuning.jobs.create(model=BASE, training_file=examples.id)
    until(lambda: client.fine_tuning.jobs.retrieve(job.id).status == "failed")
    ids = {
        "assistant_id": run.assistant_id,
        "thread_id": run.thread_id,
        "run_id": run.id,
        "step_id": owner.steps(run)[0].id,
        "message_id": message.id,
        "file_id": file.id,
        "vector_store_id": store.id,
        "batch_id": batch.id,
        "request_batch_id": ended(client, begun(client, lines(1))).id,
        "upload_id": upload.id,
        "part_id": part.id,
        "response_id": response.id,
        "conversation_id": talk.id,
        "item_id": client.conversations.items.list(talk.id).data[0].id or "",
        "container_id": container.id,
        "fine_tuning_job_id": job.id,
    }
    return Belongings(owner, ids)


def nobodys(theirs: dict[str, str]) -> dict[str, str]:
    """Ids of the same kinds that belong to nothing."""
    named = enumerate(theirs.items())
    return {name: f"{re.match('[a-z]+[_-]', i)[0]}{number:024}" for number, (name, i) in named}  # type: ignore[index]


def filled(template: Any, ids: dict[str, str]) -> Any:
    """The template with these ids in it."""
    if isinstance(template, dict):
        return {name: filled(value, ids) for name, value in template.items()}
    if isinstance(template, list):
        return [filled(value, ids) for value in template]
    return re.sub(r"{(\w+)}", lambda m: ids[m[1]], template) if isinstance(template, str) else template


def answer(me: Account, method: str, path: str, body: Any, ids: dict[str, str]) -> tuple[int, str]:
    """Status and body of a request with these ids, with the ids taken out of it again."""
    if path.startswith("/batches"):  # a batch of requests, not of files
        ids = {**ids, "batch_id": ids["request_batch_id"]}
    path, body = filled(path, ids), filled(body, ids)
    if body == {"data": "form"}:
        got = me.http.post(path, files={"data": b"abc"})
    elif method == "GET":
        got = me.http.get(path, params=body)
    else:
        got = me.http.request(method, path, json=body or None)
    text = got.text
    for name, known in ids.items():
        text = text.replace(known, f"{{{name}}}")
    return got.status_code, text


def routes() -> set[tuple[str, str]]:
    return {(method, r.path) for r in ROUTES for method in (r.methods or {"GET"}) - {"HEAD"}}


def test_every_route_has_its_entry_here() -> None:
    exempt = {route for route in routes() if route[1] in OWNERLESS | OPEN}
    assert routes() - exempt == TABLE.keys()
    with_ids = {route for route in TABLE if "{" in route[1]}
    assert all(TABLE[route] for route in with_ids)


def test_another_owners_ids_are_as_good_as_none(
    shared: Service, tmp_path: Path, me: Account, other: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shared.api.state.server.stateful.fine_tuning, "trainer", ScriptedTrainer(tmp_path))
    theirs, own = belongings(other), own_parents(me)
    before, mine = theirs.state(), {f"my_{name}": known for name, known in own.items()}
    for (method, path), bodies in TABLE.items():
        for body in bodies:
            got = answer(me, method, path, body, theirs.ids | mine)
            assert got[0] in (400, 404), (method, path, body, got)
            assert '"error"' in got[1]
            assert got == answer(me, method, path, body, nobodys(theirs.ids) | mine), (method, path, body)
            if len(re.findall("{", path)) > 1:  # their message in one's own thread, and the like
                parents = {name: known for name, known in own.items() if name in PARENTS}
                below_own = answer(me, method, path, body, theirs.ids | parents | mine)
                assert below_own[0] == 404, (method, path, below_own)
    assert theirs.state() == before


def own_parents(me: Account) -> dict[str, str]:
    """What somebody needs who tries to use another's things with it."""
    return {
        "assistant_id": me.assistant().id,
        "thread_id": me.thread("Hi").id,
        "conversation_id": me.client.conversations.create().id,
        "container_id": me.client.containers.create(name="own").id,
        "vector_store_id": me.client.vector_stores.create().id,
        "file_id": me.client.files.create(file=("a.txt", b"Words."), purpose="assistants").id,
    }


@pytest.mark.parametrize("path", ["assistants", "files", "vector_stores"])
def test_lists_show_ones_own_alone(me: Account, other: Account, path: str) -> None:
    other.assistant(tools=[FUNCTION])
    other.client.files.create(file=("a.txt", b"Words."), purpose="assistants")
    other.client.vector_stores.create()
    assert me.http.get(path).json()["data"] == []
    assert len(other.http.get(path).json()["data"]) == 1


def test_a_run_of_another_brings_none_of_its_messages(me: Account, other: Account) -> None:
    run, thread = me.run(), other.thread("Hi")
    query = {"run_id": run.id}
    assert len(me.http.get(f"threads/{run.thread_id}/messages", params=query).json()["data"]) == 1
    assert other.http.get(f"threads/{thread.id}/messages", params=query).json()["data"] == []
