"""An upstream that keeps responses itself gets them as they came; whatever names something of ours is answered here."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import openai
import pytest
from openai import OpenAI
from pydantic import SecretStr

from services.server.upstream import Upstream
from services.settings import Settings
from tests.contract.responses.talk import ask, events, final, kinds, said
from tests.support.assistants import KETTLE, MODEL, Account, Service, key_of, serving, until
from tests.support.upstream import ScriptedUpstream

BEHIND, HERE, WITH_KEY = 1, 2, 3
FLAT = [
    "created", "in_progress", "output_item.added", "content_part.added", "output_text.delta", "output_text.done",
    "content_part.done", "output_item.done", "completed",
]  # fmt: skip


@pytest.fixture(scope="module")
def behind(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """The upstream: a server that keeps responses, in front of a scripted model."""
    home = tmp_path_factory.mktemp("behind")
    with ScriptedUpstream() as model, serving(home, f"sqlite:///{home}/tandem.db", model) as service:
        opened(service)
        yield service


def opened(service: Service) -> None:
    """Make the database now: Alembic makes one at a time in a process."""
    service.api.state.server.database.opened()


@pytest.fixture(scope="module")
def front(behind: Service, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """The server that passes on."""
    home = tmp_path_factory.mktemp("front")
    settings: dict[str, Any] = {
        "openai_base_url": behind.base_url,
        "openai_api_key": SecretStr(key_of(BEHIND)),
        "upstream_responses": True,
        "api_keys": {"somebody": SecretStr(key_of(HERE))},
    }
    with serving(home, f"sqlite:///{home}/tandem.db", behind.upstream, **settings) as service:
        opened(service)
        yield service


@pytest.fixture
def here(front: Service) -> Iterator[Account]:
    """Somebody who calls the server in front."""
    account = front.account_of(HERE)
    yield account
    account.close()


@pytest.fixture
def there(behind: Service) -> Iterator[OpenAI]:
    """The upstream as its own clients see it."""
    account = behind.account_of(BEHIND)
    yield account.client
    account.close()


def test_a_response_lives_upstream_and_is_found_there(here: Account, there: OpenAI) -> None:
    response = ask(here, "Hi")
    assert there.responses.retrieve(response.id).to_dict() == response.to_dict()
    assert here.client.responses.retrieve(response.id).to_dict() == response.to_dict()
    assert len(here.client.responses.input_items.list(response.id).data) == 1
    assert ask(here, "Again", previous_response_id=response.id).previous_response_id == response.id
    here.client.responses.delete(response.id)
    with pytest.raises(openai.NotFoundError):
        there.responses.retrieve(response.id)


def test_its_events_come_as_they_are_and_can_be_followed_again(here: Account) -> None:
    told = events(here, "Hi")
    assert kinds(told) == FLAT
    again = list(here.client.responses.retrieve(final(told).id, stream=True, starting_after=3))
    assert [event.to_dict() for event in again] == [event.to_dict() for event in told[4:]]


def test_one_in_the_background_is_cancelled_there(here: Account, there: OpenAI) -> None:
    response = ask(here, "Hi", background=True)
    until(lambda: here.client.responses.retrieve(response.id).status == "completed")
    assert here.client.responses.cancel(response.id).status == "completed"


def test_a_conversation_that_was_made_there_is_used_there(here: Account, there: OpenAI) -> None:
    talk = there.conversations.create(metadata={"a": "b"})
    ask(here, "Hi", conversation=talk.id)
    assert len(here.client.conversations.items.list(talk.id).data) == 2
    assert here.client.conversations.retrieve(talk.id).metadata == {"a": "b"}
    assert here.client.conversations.delete(talk.id).deleted


def test_a_conversation_of_ours_is_answered_here_over_chat_completions(
    here: Account, there: OpenAI, behind: Service
) -> None:
    talk = here.client.conversations.create(items=[{"role": "user", "content": "My name is Ada."}])
    response = ask(here, "Who am I?", conversation=talk.id)
    assert response.output_text == "Hello world"
    assert said(behind.upstream) == [("user", "My name is Ada."), ("user", "Who am I?")]
    with pytest.raises(openai.NotFoundError):
        there.responses.retrieve(response.id)
    assert ask(here, "And?", previous_response_id=response.id).output_text == "Hello world"


def test_a_search_in_a_store_of_ours_is_done_here(here: Account, there: OpenAI) -> None:
    file = here.client.files.create(file=("kettle.txt", KETTLE), purpose="assistants")
    store = here.client.vector_stores.create(file_ids=[file.id])
    tool: Any = {"type": "file_search", "vector_store_ids": [store.id]}
    response = ask(here, "How long?", tools=[tool])
    with pytest.raises(openai.NotFoundError):
        there.responses.retrieve(response.id)


def test_counts_and_compactions_are_made_there(here: Account, there: OpenAI) -> None:
    assert here.client.responses.input_tokens.count(model=MODEL, input="Hi").input_tokens > 0
    short = here.client.responses.compact(model=MODEL, input="Hi")
    assert short.output[0].type == "compaction"


def test_errors_of_the_upstream_come_as_they_are(here: Account) -> None:
    with pytest.raises(openai.BadRequestError, match="Supported values"):
        ask(here, "Hi", tools=[{"type": "web_search"}])
    with pytest.raises(openai.NotFoundError):
        here.client.responses.retrieve("resp_unknown")


def test_a_key_that_comes_along_opens_the_upstream(behind: Service, tmp_path: Path) -> None:
    told: dict[str, Any] = {
        "openai_base_url": behind.base_url,
        "openai_api_key": None,
        "upstream_responses": True,
    }
    url = f"sqlite:///{tmp_path}/tandem.db"
    with serving(tmp_path, url, behind.upstream, **told) as service:
        opened(service)
        me = service.account_of(HERE)
        client = me.client.with_options(default_headers={"x-tandem-upstream-key": key_of(WITH_KEY)})
        response = client.responses.create(model=MODEL, input="Hi")
        me.close()
    owner = behind.account_of(WITH_KEY)
    assert owner.client.responses.retrieve(response.id).output_text == "Hello world"
    owner.close()


def test_nothing_is_passed_on_with_a_key_that_several_owners_share(behind: Service, tmp_path: Path) -> None:
    told: dict[str, Any] = {
        "openai_base_url": behind.base_url,
        "openai_api_key": SecretStr(key_of(BEHIND)),
        "upstream_responses": True,
    }
    url = f"sqlite:///{tmp_path}/tandem.db"
    theirs = behind.account_of(BEHIND)
    secret = ask(theirs, "Secret")
    with serving(tmp_path, url, behind.upstream, **told) as service:
        opened(service)
        me = service.account_of(HERE)
        mine = ask(me, "Hi")
        with pytest.raises(openai.NotFoundError):
            me.client.responses.retrieve(secret.id)
        me.close()
    with pytest.raises(openai.NotFoundError):
        theirs.client.responses.retrieve(mine.id)
    theirs.close()


def breaking(listener: socket.socket) -> None:
    """Answer one request with the beginning of a stream, and hang up."""
    connection, _ = listener.accept()
    connection.recv(2**16)
    event = 'event: response.created\ndata: {"type":"response.created","sequence_number":7}\n\n'
    head = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n"
    connection.sendall(f"{head}{len(event):x}\r\n{event}\r\n".encode())
    connection.close()


def test_a_stream_that_breaks_upstream_ends_in_an_error_event(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener, ScriptedUpstream() as unused:
        told: dict[str, Any] = {
            "openai_base_url": f"http://127.0.0.1:{listener.getsockname()[1]}/v1",
            "upstream_responses": True,
            "api_keys": {"somebody": SecretStr(key_of(HERE))},
        }
        threading.Thread(target=breaking, args=(listener,), daemon=True).start()
        with serving(tmp_path, f"sqlite:///{tmp_path}/tandem.db", unused, **told) as service:
            me = service.account_of(HERE)
            raw = me.http.post("responses", json={"model": MODEL, "input": "Hi", "stream": True}).text
            me.close()
    name, data = raw.removesuffix("\n\n").split("\n\n")[-1].split("\n")
    error = json.loads(data.removeprefix("data: "))
    assert name == "event: error"
    assert (error["type"], error["code"], error["sequence_number"]) == ("error", "upstream_cut", 8)


def test_openai_keeps_responses_and_others_say_so() -> None:
    def keeps(**settings: Any) -> bool:
        return Upstream(Settings(**settings)).keeps_responses

    assert keeps() and keeps(openai_base_url="https://eu.api.openai.com/v1")
    assert not keeps(openai_base_url="http://127.0.0.1:11434/v1")
    assert not keeps(openai_base_url="https://api.openai.com.example.org/v1")
    assert keeps(openai_base_url="http://127.0.0.1:4000/v1", upstream_responses=True)
    assert not keeps(upstream_responses=False)
