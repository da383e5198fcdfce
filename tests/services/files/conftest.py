from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from services.clients import Connection
from services.files.asking import Asking
from services.files.collections import Collection, Collections
from services.files.manual import Question
from services.files.native import AskingAssistant
from services.live import LiveTurns
from services.loop import BackgroundLoop
from services.metering.rate_limits import RateLimits
from services.storage.conversations import Conversations
from services.storage.folder_blobs import FolderBlobs
from services.tables.store import Tables
from services.turns import Turn
from tests.support.assistants import MODEL, Service, until
from tests.support.talks import Person, over, person, talk_loop, talk_service

__all__ = ["person", "talk_loop", "talk_service"]


@dataclass
class Reader:
    """Somebody who asks about files."""

    person: Person
    collections: Collections
    tables: Tables
    conversations: Conversations
    asking: Asking
    native: AskingAssistant

    @property
    def connection(self) -> Connection:
        return Connection("OpenAI", "openai", self.person.upstream.base_url, "sk-test")

    def collection(self, **texts: str) -> Collection:
        """A collection of text files by name, read and ready."""
        made = self.collections.create("Papers")
        for name, text in texts.items():
            self.collections.add(made.id, f"{name}.txt", text.encode())
        until(lambda: all(file.status == "completed" for file in self.collections.files(made.id)))
        return self.again(made)

    def again(self, collection: Collection) -> Collection:
        """The collection as it is now."""
        return next(one for one in self.collections.all() if one.id == collection.id)

    def ask(self, collection: Collection, text: str, **more: object) -> Turn:
        """A question answered by hand."""
        live = self.asking.ask(collection, text, self.connection, Question(text, MODEL, False, **more))  # type: ignore[arg-type]
        assert live is not None
        return over(live)


@pytest.fixture
def reader(
    person: Person, talk_service: Service, talk_loop: BackgroundLoop, tmp_path: Path
) -> Iterator[Reader]:
    state = talk_service.api.state.server
    database, owner = state.database.opened(), person.account.key
    blobs = FolderBlobs(tmp_path / "blobs")
    conversations = Conversations(database, blobs, owner)
    tables = Tables(database, blobs, tmp_path, owner)
    live = LiveTurns(talk_loop, conversations, person.ledger, RateLimits(database, owner))
    collections = Collections(person.api)
    asking = Asking(
        collections, conversations, live, tables=tables, ledger=person.ledger, budgets=person.budgets
    )
    native = AskingAssistant(collections, person.api, person.talks)
    yield Reader(person, collections, tables, conversations, asking, native)
    tables.close()
