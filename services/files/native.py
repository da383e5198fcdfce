"""The native way: an assistant with file search over the collection answers in a thread of its own."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

from services.assistants.api import AssistantsApi
from services.assistants.presets import preset
from services.assistants.records import Assistant, Thread
from services.assistants.talks import Talks, Way
from services.errors import NotFound
from services.files.asking import COLLECTION, check_question
from services.files.collections import Collection, Collections
from services.live import LiveTurn

PRESET = "Document analyst"


class AskingAssistant:
    """Asks about collections through the Assistants API. Everything raises AppError, and then nothing was asked."""

    def __init__(self, collections: Collections, api: AssistantsApi, talks: Talks) -> None:
        self._collections, self._api, self._talks = collections, api, talks

    def thread(self, collection: Collection) -> Thread | None:
        """The thread in which the collection was asked about."""
        if collection.thread_id is None:
            return None
        with suppress(NotFound):  # deleted on the assistant page; a new one begins
            return self._api.thread(collection.thread_id)
        return None

    def ask(self, collection: Collection, text: str, model: str, way: Way) -> LiveTurn:
        """The same question to an assistant with file search over the collection, in a thread of its own."""
        check_question(text)
        assistant = self._assistant(collection, model)
        thread = self.thread(collection)
        live = self._talks.say(thread, assistant, text, (), way)
        if thread is None:
            thread = self._api.thread(live.turn.conversation_id)
            self._api.describe_thread(thread, title=f"Files: {collection.name}", collection=collection.id)
            self._collections.note(collection, thread_id=thread.id)
        return live

    def _assistant(self, collection: Collection, model: str) -> Assistant:
        """The collection's assistant, made when it is first needed, with the model that is asked for now."""
        if collection.assistant_id is not None:
            with suppress(NotFound):  # deleted on the assistant page
                return self._api.update_assistant(collection.assistant_id, {"model": model})
        made = self._api.create_assistant(_assistant_body(collection, model))
        self._collections.note(collection, assistant_id=made.id)
        return made


def _assistant_body(collection: Collection, model: str) -> dict[str, Any]:
    analyst = preset(PRESET)
    assert analyst is not None
    return {
        **analyst.body(model),
        "name": f"Files: {collection.name}",
        "tool_resources": {"file_search": {"vector_store_ids": [collection.id]}},
        "metadata": {COLLECTION: collection.id},
    }
