"""A whole server for tests of assistants, threads and runs: on a real socket, in front of a scripted upstream."""

from __future__ import annotations

import itertools
import json
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, TypeVar

import httpx2
from openai import OpenAI
from openai.types.beta import Assistant, Thread
from openai.types.beta.threads import Message, Run
from openai.types.beta.threads.runs import RunStep
from pydantic import SecretStr
from starlette.applications import Starlette

from services.server.api import create_api
from services.server.responses.executor import CANCELLED
from services.server.runs.executor import Executor
from services.server.runs.records import Ending
from services.server.runs.states import RunStatus
from services.settings import Settings
from tests.support.engines import scripted_engines
from tests.support.server import served
from tests.support.upstream import Script, ScriptedUpstream, ToolCall

OWNERS = 1000
PATIENCE_S = 10.0
MODEL = "gpt-4.1"
FUNCTION: dict[str, Any] = {
    "type": "function",
    "function": {
        "name": "weather",
        "description": "The weather in a city.",
        "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
    },
}
KETTLE = b"The warranty of the kettle lasts two years."
PARIS = ToolCall("weather", '{"city": "Paris"}')
ROME = ToolCall("weather", '{"city": "Rome"}')

T = TypeVar("T")


@dataclass
class Account:
    """One owner of the server: the unmodified SDK, a plain HTTP client, and short words for what most tests need."""

    base_url: str
    key: str
    upstream: ScriptedUpstream

    @cached_property
    def client(self) -> OpenAI:
        """The SDK."""
        return OpenAI(base_url=self.base_url, api_key=self.key, max_retries=0, http_client=self.http)

    @cached_property
    def http(self) -> httpx2.Client:
        """Requests as they are."""
        headers = {"authorization": f"Bearer {self.key}"}
        return httpx2.Client(base_url=self.base_url, headers=headers, timeout=30, verify=False)

    def close(self) -> None:
        """Give the connections back."""
        self.http.close()

    def assistant(self, **params: Any) -> Assistant:
        """A new assistant."""
        return self.client.beta.assistants.create(**({"model": MODEL} | params))

    def thread(self, *texts: str) -> Thread:
        """A new thread in which a person has said this."""
        return self.client.beta.threads.create(messages=[{"role": "user", "content": t} for t in texts])

    def start(self, thread: Thread | None = None, assistant: Assistant | None = None, **params: Any) -> Run:
        """A run that has been started; on a thread and with an assistant of its own unless they are given."""
        thread, assistant = thread or self.thread("Hi"), assistant or self.assistant()
        runs = self.client.beta.threads.runs
        return runs.create(thread_id=thread.id, assistant_id=assistant.id, **params)

    def run(self, thread: Thread | None = None, assistant: Assistant | None = None, **params: Any) -> Run:
        """A run that has ended, or waits for its caller."""
        return self.finished(self.start(thread, assistant, **params))

    def finished(self, run: Run) -> Run:
        """The run, once it has ended or waits."""
        self.events(run)
        return self.again(run)

    def again(self, run: Run) -> Run:
        """The run as it stands now."""
        return self.client.beta.threads.runs.retrieve(run.id, thread_id=run.thread_id)

    def waiting(self, *calls: ToolCall) -> Run:
        """A run that waits for the outputs of these function calls."""
        self.upstream.play(Script(tool_calls=calls or (PARIS,)))
        run = self.run(assistant=self.assistant(tools=[FUNCTION]))
        assert run.status == "requires_action"
        return run

    def outputs(self, waiting: Run, output: str = "20°") -> Any:
        """This output for every call the run waits for."""
        assert waiting.required_action is not None
        calls = waiting.required_action.submit_tool_outputs.tool_calls
        return [{"tool_call_id": call.id, "output": output} for call in calls]

    def answered(self, waiting: Run, output: str = "20°") -> Run:
        """The run, after its calls have been answered and it has ended, or waits again."""
        submit = self.client.beta.threads.runs.submit_tool_outputs
        outputs = self.outputs(waiting, output)
        return self.finished(submit(waiting.id, thread_id=waiting.thread_id, tool_outputs=outputs))

    def searching(self) -> tuple[Assistant, str]:
        """An assistant that may search a file about a kettle, and the file's id."""
        file = self.client.files.create(file=("kettle.txt", KETTLE), purpose="assistants")
        store = self.client.vector_stores.create(file_ids=[file.id])
        until(lambda: self.client.vector_stores.retrieve(store.id).file_counts.completed, 30)
        resources: Any = {"file_search": {"vector_store_ids": [store.id]}}
        return self.assistant(tools=[{"type": "file_search"}], tool_resources=resources), file.id

    def cancelled(self, run: Run) -> Run:
        """The run, after it has been cancelled."""
        answer = self.client.beta.threads.runs.cancel(run.id, thread_id=run.thread_id)
        assert answer.status == "cancelling"
        return self.finished(run)

    def steps(self, run: Run) -> list[RunStep]:
        """What the run did, in order."""
        return self.client.beta.threads.runs.steps.list(run.id, thread_id=run.thread_id, order="asc").data

    def written(self, run: Run) -> list[Message]:
        """The messages the run has written, in order."""
        return self.client.beta.threads.messages.list(run.thread_id, run_id=run.id, order="asc").data

    def held(self, **params: Any) -> Run:
        """A run whose model has said `Hello`, and is held there."""
        self.upstream.holding.clear()
        self.upstream.play(Script(hold_after=2))
        run = self.start(**params)
        assert self.upstream.holding.wait(PATIENCE_S)
        until(lambda: len(self.texts(run)) == 1)
        return run

    def texts(self, run: Run) -> list[str]:
        """What the run has written, message by message."""
        said = [[part.text.value for part in m.content if part.type == "text"] for m in self.written(run)]
        return ["".join(texts) for texts in said]

    def events(self, run: Run, after: str | None = None) -> list[Event]:
        """The run's events after the one with this id, until it ends or waits."""
        headers = {"last-event-id": after} if after else {}
        answer = self.http.get(f"threads/{run.thread_id}/runs/{run.id}/events", headers=headers)
        assert answer.status_code == 200, answer.text
        return list(parsed(answer.text))

    def error(self, method: str, path: str, **request: Any) -> tuple[int, str]:
        """Status and message of a request that is refused."""
        answer = self.http.request(method, path, **request)
        assert answer.status_code >= 400, answer.text
        body = answer.json()["error"]
        assert body.keys() == {"message", "type", "param", "code"}
        return answer.status_code, body["message"]


@dataclass(frozen=True, slots=True)
class Event:
    """One server-sent event."""

    name: str
    data: Any
    id: str | None


def parsed(stream: str) -> Iterator[Event]:
    """The events of a stream; its last must be `done`, which is left out."""
    *events, done, rest = stream.split("\n\n")
    assert (done, rest) == ("event: done\ndata: [DONE]", "")
    for event in events:
        fields = dict(line.split(": ", 1) for line in event.split("\n"))
        yield Event(fields["event"], json.loads(fields["data"]), fields.get("id"))


@dataclass
class Service:
    """A running server, and as many owners as are asked for."""

    base_url: str
    api: Starlette
    upstream: ScriptedUpstream
    _numbers: Iterator[int] = field(default_factory=itertools.count)

    def account(self) -> Account:
        """An owner who has nothing yet."""
        return self.account_of(next(self._numbers))

    def account_of(self, number: int) -> Account:
        """The owner with this number."""
        return Account(self.base_url, key_of(number), self.upstream)

    @property
    def executor(self) -> Executor:
        """What works on the runs."""
        executor: Executor = self.api.state.server.stateful.executor
        return executor

    def write(self, work: Callable[..., T], *args: Any) -> T:
        """What `work` changes in the server's own database."""
        with self.api.state.server.database.opened().session() as session:
            return work(session, *args)

    def quiet(self) -> None:
        """End whatever a test has left running, so that the next one has the server to itself."""
        for live in list(self.executor._live.values()):
            if live.work is not None and live.is_at_work:
                live.work.get_loop().call_soon_threadsafe(live.interrupt, Ending(RunStatus.FAILED))
        until(lambda: not any(live.is_at_work for live in list(self.executor._live.values())))
        responses = self.api.state.server.stateful.response_executor._live
        for response in list(responses.values()):
            if response.work is not None:
                response.work.get_loop().call_soon_threadsafe(response.interrupt, CANCELLED)
        until(lambda: not responses)
        self.upstream.forget()


def key_of(number: int) -> str:
    """The key of an owner."""
    return f"tandem-test-key-of-owner-{number:04}"


@contextmanager
def serving(home: Path, database_url: str, upstream: ScriptedUpstream, **settings: Any) -> Iterator[Service]:
    """A running server with its data in `home`, in front of this upstream."""
    told = {
        "home": home,
        "database_url": database_url,
        "api_keys": {f"owner{n}": SecretStr(key_of(n)) for n in range(OWNERS)},
        "openai_api_key": SecretStr("sk-upstream"),
        "openai_base_url": upstream.base_url,
    }
    home.mkdir(parents=True, exist_ok=True)
    api = create_api(Settings(**(told | settings)), scripted_engines(home, upstream))
    with served(api) as base_url:
        yield Service(base_url, api, upstream)


def until(condition: Callable[[], T], patience_s: float = PATIENCE_S) -> T:
    """Wait for something to be true, and give it; fails when it takes too long."""
    deadline = time.monotonic() + patience_s
    while not (found := condition()):
        assert time.monotonic() < deadline, "this takes too long"
        time.sleep(0.01)
    return found


def names(events: Iterable[Any]) -> list[str]:
    """The names of events, from the wire or from the SDK, with a row of deltas told once."""
    told = [getattr(event, "name", None) or event.event for event in events]
    return [name for name, _ in itertools.groupby(told)]
