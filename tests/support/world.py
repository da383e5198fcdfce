"""One object of each kind for an owner, so that made-up requests find something."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st
from openai import OpenAI

from tests.support.batches import begun, lines
from tests.support.retrieval import stored, uploaded

MODEL = "gpt-6-luna"
IDS_IN_BODIES = {
    "assistant_id": "assistant_id",
    "thread_id": "thread_id",
    "file_id": "file_id",
    "file_ids": "file_id",
    "input_file_id": "batch_file_id",
    "vector_store_ids": "vector_store_id",
    "part_ids": "part_id",
    "previous_response_id": "response_id",
    "conversation": "conversation_id",
    "container": "container_id",
    "model": "model",
}


class World:
    """The objects, by the parameter that names their kind."""

    def __init__(self, client: OpenAI) -> None:
        store, files = stored(client, {"a.txt": "The pump is blue."})
        file = files["a.txt"]
        batch = client.vector_stores.file_batches.create_and_poll(store, file_ids=[file])
        requests = begun(client, lines(1))
        upload = client.uploads.create(filename="a", bytes=1, purpose="batch", mime_type="text/plain")
        assistant = client.beta.assistants.create(model=MODEL, tools=[{"type": "file_search"}])
        thread = client.beta.threads.create(messages=[{"role": "user", "content": "Hello"}])
        run = client.beta.threads.runs.create_and_poll(thread_id=thread.id, assistant_id=assistant.id)
        step = client.beta.threads.runs.steps.list(run.id, thread_id=thread.id).data[0]
        talk = client.conversations.create(items=[{"role": "user", "content": "Hello"}])
        response = client.responses.create(model=MODEL, input="Hello")
        self.ids = {
            "response_id": response.id,
            "conversation_id": talk.id,
            "item_id": client.conversations.items.list(talk.id).data[0].id or "",
            "container_id": client.containers.create(name="Tables", file_ids=[file]).id,
            "file_id": file,
            "vector_store_id": store,
            "batch_id": batch.id,
            "request_batch_id": requests.id,
            "batch_file_id": requests.input_file_id,
            "upload_id": upload.id,
            "part_id": client.uploads.parts.create(upload.id, data=b"x").id,
            "assistant_id": assistant.id,
            "thread_id": thread.id,
            "message_id": client.beta.threads.messages.list(thread.id).data[-1].id,
            "run_id": run.id,
            "step_id": step.id,
            "model": MODEL,
            "spare_file_id": uploaded(client, "b.txt", "The valve is red."),
        }

    def of(self, name: str, made_up: Any, choose: st.DataObject) -> str:
        """An id that there is, three times out of four; else the one made up."""
        return self.ids[name] if name in self.ids and choose.draw(st.integers(0, 3)) else str(made_up)

    def within(self, body: Any, choose: st.DataObject) -> Any:
        """The body with ids that there are in some of the places where ids stand."""
        if isinstance(body, list):
            return [self.within(part, choose) for part in body]
        if not isinstance(body, dict):
            return body
        return {name: self._named(name, value, choose) for name, value in body.items()}

    def _named(self, name: str, value: Any, choose: st.DataObject) -> Any:
        kind = IDS_IN_BODIES.get(name)
        if kind is None:
            return self.within(value, choose)
        if isinstance(value, list):
            return [self.of(kind, part, choose) if isinstance(part, str) else part for part in value]
        return self.of(kind, value, choose) if isinstance(value, str) else value
