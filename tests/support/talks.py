"""A person who talks with assistants, without the page: the client's side in front of a whole server."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest

from services.assistants.api import AssistantsApi
from services.assistants.calling import Decision, Functions
from services.assistants.history import turns_of
from services.assistants.records import Assistant, Thread
from services.assistants.talks import Talks, Way
from services.clients import Connection
from services.functions.function_tool import FunctionTool
from services.live import KeptByServer, LiveTurn, LiveTurns
from services.loop import BackgroundLoop
from services.metering.budgets import Budgets
from services.metering.ledger import Ledger
from services.metering.rate_limits import RateLimits
from services.modes.assistants import CallsFunctions, RunRequest, send
from services.storage.preferences import Preferences
from services.turns import Event, Turn
from tests.support.assistants import MODEL, Account, Service, serving, until
from tests.support.upstream import ScriptedUpstream


class Files:
    """The files of a person, as a thread's history asks for them."""

    def __init__(self, api: AssistantsApi) -> None:
        self._api = api

    def name(self, file_id: str) -> str:
        """What a file is called."""
        return self._api.file(file_id).filename

    def data(self, file_id: str) -> bytes:
        """The bytes of a file."""
        return self._api.content(file_id)


@dataclass
class Person:
    """One owner of the server, with what the page is made of. `known` are the functions they have."""

    account: Account
    api: AssistantsApi
    live: LiveTurns
    ledger: Ledger
    budgets: Budgets
    known: list[FunctionTool] = field(default_factory=list)

    @property
    def talks(self) -> Talks:
        """What begins turns."""
        return Talks(self.api, self.live, self.ledger, self.budgets)

    @property
    def upstream(self) -> ScriptedUpstream:
        """The model behind the server."""
        return self.account.upstream

    def assistant(self, **body: Any) -> Assistant:
        """A new assistant."""
        return self.api.create_assistant({"model": MODEL, "name": "Ada"} | body)

    def way(self, decisions: Mapping[str, Decision] | None = None, **more: Any) -> Way:
        """How a turn travels."""
        is_local = more.pop("is_local", False)
        return Way(self.api.connection, is_local, Functions(self.known, decisions or {}), **more)

    def begin(
        self,
        text: str,
        assistant: Assistant | None = None,
        thread: Thread | None = None,
        files: Sequence[tuple[str, bytes]] = (),
        **way: Any,
    ) -> LiveTurn:
        """A turn on its way."""
        return self.talks.say(thread, assistant or self.assistant(), text, files, self.way(**way))

    def say(self, *given: Any, **named: Any) -> Turn:
        """A turn that has ended, or waits."""
        return over(self.begin(*given, **named))

    def go_on(self, turn: Turn, decisions: Mapping[str, Decision] | None = None, **way: Any) -> LiveTurn:
        """Join the newest run of a turn's thread."""
        thread = self.api.thread(turn.conversation_id)
        (run,) = self.api.runs(thread.id, 1)
        return self.talks.join(thread, turn, run, self.way(decisions, **way))

    def history(self, thread_id: str) -> list[Turn]:
        """A thread as somebody finds it who opens it now."""
        messages, runs = self.api.messages(thread_id, 100), self.api.runs(thread_id, 100)
        return turns_of(
            thread_id, messages, runs, lambda run_id: self.api.steps(thread_id, run_id), Files(self.api)
        )

    def request(self, **changes: Any) -> RunRequest:
        """A message in a thread of its own."""
        assistant_id = changes.pop("assistant_id", "") or self.assistant().id
        thread_id = changes.pop("thread_id", "") or self.api.create_thread({}).id
        message = {"role": "user", "content": "Hi"}
        return RunRequest(thread_id, assistant_id, MODEL, False, **({"message": message} | changes))

    def events(self, request: RunRequest, functions: CallsFunctions | None = None) -> list[Event]:
        """All events of a turn."""
        return asyncio.run(self._events(request, functions or Functions(self.known)))

    async def _events(self, request: RunRequest, functions: CallsFunctions) -> list[Event]:
        import openai

        connection = self.api.connection
        async with openai.AsyncOpenAI(
            base_url=connection.base_url, api_key=connection.api_key, max_retries=0
        ) as client:
            return [event async for event in send(client, connection, request, functions)]


def over(live: LiveTurn) -> Turn:
    """The turn, once it has ended or waits."""
    live.join()
    assert live.done, "this takes too long"
    return live.turn


def streaming(live: LiveTurn, text: str) -> None:
    """Wait until this much of an answer is there."""
    until(lambda: live.turn.text == text)


def asked(person: Person, number: int = -1) -> list[dict[str, Any]]:
    """The messages the model was sent in one of its calls, naming left out."""
    bodies = [json.loads(request.raw) for request in person.upstream.requests if request.raw]
    messages: list[dict[str, Any]] = [body for body in bodies if body.get("stream")][number]["messages"]
    return messages


@pytest.fixture(scope="session")
def talk_service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """A server that the tests of a package share."""
    home = tmp_path_factory.mktemp("talks")
    with (
        ScriptedUpstream() as upstream,
        serving(home, f"sqlite:///{home}/tandem.db", upstream) as service,
    ):
        upstream.only_streams = True
        yield service


@pytest.fixture(scope="session")
def talk_loop() -> BackgroundLoop:
    """The loop that turns run on."""
    return BackgroundLoop()


def person_of(service: Service, account: Account, loop: BackgroundLoop) -> Person:
    """The client's side of an account; its ledger lies in the server's database, as it does in the app."""
    database, owner = service.api.state.server.database.opened(), account.key
    ledger = Ledger(database, owner)
    connection = Connection("Local", "local", account.base_url, account.key)
    live = LiveTurns(loop, KeptByServer(), ledger, RateLimits(database, owner))
    budgets = Budgets(Preferences(database, owner))
    return Person(account, AssistantsApi(lambda: connection), live, ledger, budgets)


@pytest.fixture
def person(talk_service: Service, talk_loop: BackgroundLoop) -> Iterator[Person]:
    """Somebody who has nothing on the server yet."""
    account = talk_service.account()
    yield person_of(talk_service, account, talk_loop)
    account.close()
    talk_service.quiet()
