"""One turn in a thread, against a whole server: what is sent, what comes back, and who ends it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest

from services.clients import Connection
from services.modes.assistants import UPSTREAM_KEY_HEADER, Answer, RunRequest, send
from services.modes.run_events import PICTURE_GONE, REFUSED
from services.turns import (
    ApprovalNeeded,
    Citation,
    Event,
    Failed,
    Finished,
    ImageOutput,
    RequestSent,
    RunChanged,
    StepChanged,
    TextDelta,
    ToolCall,
    ToolStep,
    Turn,
    TurnStatus,
    Usage,
    UsageReport,
)
from tests.support.assistants import FUNCTION, MODEL, PARIS, ROME, Service, serving, until
from tests.support.sandbox import Lab
from tests.support.talks import Person, asked, person_of
from tests.support.upstream import Script, ScriptedUpstream, broken, rate_limited, wrong_key
from tests.support.upstream import ToolCall as Asked

WEATHER = ToolCall("call_1", "weather", '{"city": "Paris"}')


@dataclass
class Weather:
    """The client's functions: they ask for nobody unless told so, and remember what they were asked."""

    answer: Answer = field(default_factory=lambda: Answer("completed", "20°"))
    asks: bool = False
    calls: list[ToolCall] = field(default_factory=list)

    def may_call(self, call: ToolCall) -> bool:
        return not self.asks

    async def call(self, call: ToolCall) -> Answer:
        self.calls.append(call)
        return self.answer


def of(kind: type[Any], events: list[Event]) -> list[Any]:
    return [event for event in events if isinstance(event, kind)]


def text(events: list[Event]) -> str:
    return "".join(event.text for event in of(TextDelta, events))


def weather(person: Person, *calls: Asked) -> str:
    """An assistant whose model asks for the weather."""
    person.upstream.play(Script(tool_calls=calls or (PARIS,)))
    return person.assistant(tools=[FUNCTION]).id


def run_status(person: Person, thread_id: str) -> str:
    return str(person.api.runs(thread_id, 1)[0]["status"])


# --- what is sent ---------------------------------------------------------------------------


def test_a_turn_is_two_short_requests_however_long_the_thread_is(person: Person) -> None:
    request = person.request()
    first = of(RequestSent, person.events(request))
    for _ in range(3):
        latest = of(RequestSent, person.events(request))
    assert [(sent.path, sent.message_count) for sent in first] == [
        (f"/threads/{request.thread_id}/messages", 1),
        (f"/threads/{request.thread_id}/runs", 0),
    ]
    assert [sent.size_bytes for sent in latest] == [sent.size_bytes for sent in first]
    assert [message["content"] for message in asked(person)] == ["Hi", *["Hello world", "Hi"] * 3]


def test_parameters_of_a_turn_override_the_assistant(person: Person) -> None:
    person.events(person.request(parameters={"instructions": "Speak like a pirate."}))
    assert asked(person)[0] == {"role": "system", "content": "Speak like a pirate."}


def test_a_key_typed_in_the_browser_travels_with_the_run_and_its_outputs(person: Person) -> None:
    request = person.request(assistant_id=weather(person), upstream_key="sk-typed")
    assert text(person.events(request, Weather())) == "Hello world"
    sent = [received.headers for received in person.upstream.requests if received.method == "POST"]
    assert {headers["Authorization"] for headers in sent} == {"Bearer sk-typed"}
    assert not any(UPSTREAM_KEY_HEADER in map(str.lower, headers) for headers in sent)
    assert "sk-typed" not in repr(request)


# --- what comes back ------------------------------------------------------------------------


def test_text_comes_in_pieces_between_the_states_of_the_run(person: Person) -> None:
    events = person.events(person.request())
    assert of(TextDelta, events) == [TextDelta("Hello"), TextDelta(" world")]
    assert [run.state for run in of(RunChanged, events)] == ["queued", "queued", "in_progress", "completed"]
    assert all(run.expires_at for run in of(RunChanged, events)[:3])
    assert isinstance(events[-2], UsageReport) and events[-1] == Finished("stop")


def test_tokens_are_told_for_each_step_and_for_the_run(person: Person) -> None:
    events = person.events(person.request(assistant_id=weather(person)), Weather())
    last = {step.step_id: step for step in of(StepChanged, events)}
    assert [(step.kind, step.state, step.usage) for step in last.values()] == [
        ("tool_calls", "completed", Usage(11, 7, 0)),
        ("message_creation", "completed", Usage(11, 7, 0)),
    ]
    (report,) = of(UsageReport, events)
    assert (report.usage, report.model, report.local) == (Usage(22, 14, 0), MODEL, False)
    assert 0 < report.ttft_s <= report.duration_s


def test_an_answer_that_reached_its_limit_says_so(person: Person) -> None:
    person.upstream.play(Script(text=("Half",), finish_reason="length"))
    events = person.events(person.request(parameters={"max_completion_tokens": 256}))
    assert (text(events), events[-1]) == ("Half", Finished("length"))
    assert of(RunChanged, events)[-1].reason == "max_completion_tokens"


def test_a_search_is_told_with_its_hits_and_the_passage_that_is_cited(person: Person) -> None:
    assistant, file_id = person.account.searching()
    search = Asked("file_search", '{"query": "warranty of the kettle"}')
    person.upstream.play(Script(tool_calls=(search,)), Script(text=("Two years【4:0†ket", "tle.txt】.")))
    events = person.events(person.request(assistant_id=assistant.id))
    *_, step = of(ToolStep, events)
    assert (step.call.name, step.state) == ("file_search", "completed")
    (hit,) = step.details["results"]
    assert (hit["file_id"], hit["file_name"]) == (file_id, "kettle.txt") and 0.5 < hit["score"] <= 1
    (cited,) = of(Citation, events)
    assert (cited.file_id, cited.filename) == (file_id, "kettle.txt")
    assert cited.quote == "The warranty of the kettle lasts two years."
    assert text(events)[cited.start : cited.end] == cited.marker == "【4:0†kettle.txt】"


# --- functions ------------------------------------------------------------------------------


def test_functions_are_called_and_the_run_goes_on_in_the_same_turn(person: Person) -> None:
    request = person.request(assistant_id=weather(person, PARIS, replace(ROME, id="call_2")))
    functions = Weather()
    events = person.events(request, functions)
    assert [call.arguments for call in functions.calls] == ['{"city": "Paris"}', '{"city": "Rome"}']
    states = [step.state for step in of(ToolStep, events) if step.call.id == functions.calls[0].id]
    assert list(dict.fromkeys(states)) == ["requested", "running", "completed"]
    assert [sent.path.rpartition("/")[2] for sent in of(RequestSent, events)] == [
        "messages",
        "runs",
        "submit_tool_outputs",
    ]
    assert [m["content"] for m in asked(person) if m["role"] == "tool"] == ["20°", "20°"]
    assert (text(events), events[-1]) == ("Hello world", Finished("stop"))


def test_a_run_may_call_functions_many_times(person: Person) -> None:
    person.upstream.play(*[Script(tool_calls=(PARIS,))] * 3)
    functions = Weather()
    events = person.events(person.request(assistant_id=person.assistant(tools=[FUNCTION]).id), functions)
    assert len(functions.calls) == 3 and events[-1] == Finished("stop")


def test_a_call_that_needs_the_person_lets_the_turn_rest(person: Person) -> None:
    request, functions = person.request(assistant_id=weather(person)), Weather(asks=True)
    events = person.events(request, functions)
    (needed,) = of(ApprovalNeeded, events)
    assert events[-1] is needed and functions.calls == []
    assert [(call.name, call.arguments) for call in needed.calls] == [("weather", '{"city": "Paris"}')]
    assert not of(UsageReport, events), "what the run used is known when it is over"
    assert run_status(person, request.thread_id) == "requires_action"


def test_joining_again_answers_what_the_run_waits_for(person: Person) -> None:
    request = person.request(assistant_id=weather(person))
    person.events(request, Weather(asks=True))
    (run,) = person.api.runs(request.thread_id, 1)
    joined = person.events(replace(request, message=None, run_id=run["id"]), Weather())
    assert [sent.path.rpartition("/")[2] for sent in of(RequestSent, joined)] == ["submit_tool_outputs"]
    assert (text(joined), joined[-1]) == ("Hello world", Finished("stop"))


@pytest.mark.parametrize(
    "answer", [Answer("refused", REFUSED), Answer("failed", "Error: no such city."), Answer("completed", "")]
)
def test_how_a_call_ended_stays_so_when_the_server_tells_its_step(person: Person, answer: Answer) -> None:
    events = person.events(person.request(assistant_id=weather(person)), Weather(answer))
    *_, last = of(ToolStep, events)
    assert (last.state, last.output) == (answer.state, answer.output)


# --- what goes wrong ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("script", "hint"),
    [
        (wrong_key(), "key"),
        (rate_limited(), "Rate limit"),
        (broken(), "error"),
        (Script(cut_after=2), ""),
    ],
)
def test_a_model_that_fails_ends_the_turn_with_a_sentence(person: Person, script: Script, hint: str) -> None:
    person.upstream.play(*[script] * 5)
    events = person.events(person.request())
    end = events[-1]
    assert isinstance(end, Failed) and end.code and hint in end.user_message
    assert of(RunChanged, events)[-1].state == "failed"


def test_a_failed_run_that_used_nothing_reports_no_usage(person: Person) -> None:
    person.upstream.play(*[wrong_key()] * 5)
    assert of(UsageReport, person.events(person.request())) == []


@pytest.mark.parametrize("changes", [{"assistant_id": "asst_gone"}, {"thread_id": "thread_gone"}])
def test_what_was_deleted_meanwhile_is_said(person: Person, changes: dict[str, str]) -> None:
    (failed,) = of(Failed, person.events(person.request(**changes)))
    assert f"with id '{next(iter(changes.values()))}'" in failed.user_message


def test_a_second_tab_cannot_talk_into_a_run(person: Person) -> None:
    request = person.request(assistant_id=weather(person))
    person.events(request, Weather(asks=True))
    (failed,) = of(Failed, person.events(request))
    assert "while a run" in failed.user_message and "is active" in failed.user_message


def test_a_server_that_is_not_there_is_said(person: Person, talk_service: Service) -> None:
    async def collect() -> list[Event]:
        import openai

        async with openai.AsyncOpenAI(base_url="http://127.0.0.1:1/v1", api_key="k", max_retries=0) as client:
            nowhere = Connection("Local", "local", "http://127.0.0.1:1/v1", "k")
            return [event async for event in send(client, nowhere, request, Weather())]

    request = person.request()
    (failed,) = asyncio.run(collect())
    assert isinstance(failed, Failed) and failed.retryable
    assert "own server did not answer" in failed.user_message


# --- who ends it ----------------------------------------------------------------------------


async def _left(person: Person, leave: Callable[[Any, asyncio.Task[None]], Any], request: Any) -> None:
    """A turn whose reader leaves after the first word."""
    import openai

    heard = asyncio.Event()
    connection = person.api.connection
    async with openai.AsyncOpenAI(
        base_url=connection.base_url, api_key=connection.api_key, max_retries=0
    ) as client:
        events: Any = send(client, connection, request, Weather())

        async def read() -> None:
            async for event in events:
                if isinstance(event, TextDelta):
                    heard.set()
                    if leave is _close:
                        return

        task = asyncio.create_task(read())
        await asyncio.wait_for(heard.wait(), 10)
        await leave(events, task)


async def _close(events: Any, task: asyncio.Task[None]) -> None:
    await task
    await events.aclose()


async def _cancel(events: Any, task: asyncio.Task[None]) -> None:
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


@pytest.mark.parametrize("leave", [_close, _cancel])
def test_leaving_cancels_the_run_and_its_model_stops(person: Person, leave: Any) -> None:
    person.upstream.play(Script(hold_after=2))
    request = person.request()
    asyncio.run(_left(person, leave, request))
    assert person.upstream.client_left.wait(5)
    until(lambda: run_status(person, request.thread_id) == "cancelled")
    (answer, _) = person.api.messages(request.thread_id, 2)
    assert (answer["status"], answer["content"][0]["text"]["value"]) == ("incomplete", "Hello")


@pytest.mark.parametrize(("status", "cancelled"), [("queued", ["run_1"]), ("completed", [])])
def test_leaving_before_anything_was_heard_of_the_run_cancels_it_too(
    status: str, cancelled: list[str]
) -> None:
    ended: list[str] = []

    async def leave() -> None:
        import httpx2
        import openai

        is_asked = asyncio.Event()

        async def answer(request: httpx2.Request) -> httpx2.Response:
            if request.url.path.endswith("/cancel"):
                ended.append(request.url.path.split("/")[-2])
            elif request.url.path.endswith("/runs") and request.method == "POST":
                is_asked.set()
                await asyncio.Event().wait()
            elif request.url.path.endswith("/runs"):
                return httpx2.Response(
                    200, json={"object": "list", "data": [{"id": "run_1", "status": status}]}
                )
            return httpx2.Response(200, json={"id": "x"})

        connection = Connection("Local", "local", "http://testserver/v1", "k")
        http = httpx2.AsyncClient(transport=httpx2.MockTransport(answer))
        client = openai.AsyncOpenAI(base_url=connection.base_url, api_key="k", http_client=http)
        request = RunRequest("thread_1", "asst_1", MODEL, False, message={"role": "user", "content": "Hi"})

        async def read() -> None:
            async for _ in send(client, connection, request, Weather()):
                pass

        task = asyncio.create_task(read())
        await asyncio.wait_for(is_asked.wait(), 10)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(leave())
    assert ended == cancelled


# --- rejoining ------------------------------------------------------------------------------


def test_who_joins_a_run_sees_it_from_its_beginning(person: Person) -> None:
    request = person.request()
    whole = person.events(request)
    (run,) = person.api.runs(request.thread_id, 1)
    joined = person.events(replace(request, message=None, run_id=run["id"]))
    told = (TextDelta, StepChanged, Finished)
    assert [e for e in joined if isinstance(e, told)] == [e for e in whole if isinstance(e, told)]
    assert not of(RequestSent, joined)


def folded(events: list[Event]) -> Turn:
    from services.turns import Message

    turn = Turn("thread", Message("user", "Hi"), MODEL, "Local")
    for event in events:
        turn.apply(event)
    return turn


@contextmanager
def restarted(tmp_path: Any, loop: Any, first: Callable[[Person], Any]) -> Iterator[tuple[Person, Any]]:
    """A person after their server was restarted, and what `first` gave before that."""
    url = f"sqlite:///{tmp_path}/server.db"
    with ScriptedUpstream() as upstream:
        upstream.only_streams = True
        with serving(tmp_path / "server", url, upstream) as service:
            given = first(person_of(service, service.account(), loop))
        with serving(tmp_path / "server", url, upstream) as service:
            yield person_of(service, service.account_of(0), loop), given


def test_a_waiting_run_goes_on_after_a_restart_with_what_was_said_before(
    tmp_path: Any, talk_loop: Any
) -> None:
    def ask(person: Person) -> Any:
        person.upstream.play(Script(before=("Let me look.",), tool_calls=(PARIS,)))
        request = person.request(assistant_id=person.assistant(tools=[FUNCTION]).id)
        assert folded(person.events(request, Weather(asks=True))).status is TurnStatus.AWAITING_APPROVAL
        return request

    with restarted(tmp_path, talk_loop, ask) as (person, request):
        (run,) = person.api.runs(request.thread_id, 1)
        turn = folded(person.events(replace(request, message=None, run_id=run["id"]), Weather()))
        assert (turn.status, turn.text) == (TurnStatus.COMPLETED, "Let me look.\n\nHello world")
        assert [step.output for step in turn.tool_steps.values()] == ["20°"]


# --- the code interpreter -------------------------------------------------------------------


@pytest.fixture
def sandbox(tmp_path: Path) -> None:
    """Skips where no sandbox can work, and says why."""
    with closing(Lab(tmp_path / "sessions")) as lab:
        if refusal := lab.call(lab.interpreter.refusal()):
            pytest.skip(refusal)


@pytest.mark.usefixtures("sandbox")
def test_a_program_is_told_with_what_it_printed_and_drew(person: Person) -> None:
    program = "import matplotlib.pyplot as plt\nplt.plot([1, 2])\nplt.show()\nprint(6 * 7)"
    call = Asked("code_interpreter", json.dumps({"code": program}))
    person.upstream.play(Script(tool_calls=(call,)), Script(text=("Here it is.",)))
    assistant = person.assistant(tools=[{"type": "code_interpreter"}])
    request = person.request(assistant_id=assistant.id)
    events = person.events(request)
    *_, step = of(ToolStep, events)
    assert (step.call.name, step.state, step.output) == ("code_interpreter", "completed", "42\n")
    assert "plt.plot([1, 2])" in step.call.arguments
    kinds = {output["type"]: output for output in step.details["outputs"]}
    assert kinds.keys() == {"logs", "image"}
    assert person.api.content(kinds["image"]["image"]["file_id"]).startswith(b"\x89PNG")
    assert text(events).strip() == "Here it is."
    (found,) = person.history(request.thread_id)
    (again,) = found.tool_steps.values()
    assert (again.call, again.output, again.details) == (step.call, step.output, step.details)
    pictures = of(ImageOutput, events)
    assert len(pictures) == 1
    assert [a.data for r in found.replies for a in r.attachments] == [p.data for p in pictures]
    for picture in pictures:
        person.api.delete_file(picture.filename)
    (run,) = person.api.runs(request.thread_id, 1)
    joined = person.events(replace(request, message=None, run_id=run["id"]))
    assert joined[-1] == Finished("stop")
    assert text(joined).count(PICTURE_GONE) == len(pictures)
