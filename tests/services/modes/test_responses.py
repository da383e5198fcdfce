"""One turn of Responses, against a whole server: what is sent, what comes back, and who ends it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import openai
import pytest

from services import tokens
from services.live import KeptByServer, LiveTurns
from services.metering.rate_limits import RateLimits
from services.modes.response_requests import as_input, definition
from services.modes.responses import UNSAID, ResponseRequest, send, unanswered
from services.modes.run_events import REFUSED
from services.responses.api import ResponsesApi
from services.tools import toolbox
from services.turns import (
    ApprovalNeeded,
    Attachment,
    Citation,
    Event,
    Failed,
    Finished,
    ImageOutput,
    Message,
    Mode,
    RequestSent,
    RunChanged,
    TextDelta,
    ToolStep,
    Turn,
    TurnStatus,
    Usage,
    UsageReport,
)
from tests.support.assistants import KETTLE, MODEL, until
from tests.support.sandbox import Lab
from tests.support.talks import Person, asked, over, streaming
from tests.support.upstream import Script, ToolCall, rate_limited

SUM = ToolCall("calculator", '{"expression": "17 * 3"}')
TOOLS = tuple(tool for tool in toolbox() if tool.name == "calculator")
HI = Message("user", "Hi")


@pytest.fixture
def api(person: Person) -> ResponsesApi:
    return ResponsesApi(lambda: person.api.connection)


@asynccontextmanager
async def _client(person: Person) -> AsyncIterator[openai.AsyncOpenAI]:
    connection = person.api.connection
    async with openai.AsyncOpenAI(
        base_url=connection.base_url, api_key=connection.api_key, max_retries=0
    ) as client:
        yield client


def events(person: Person, request: ResponseRequest) -> list[Event]:
    async def all_of_them() -> list[Event]:
        async with _client(person) as client:
            return [event async for event in send(client, person.api.connection, request)]

    return asyncio.run(all_of_them())


def request(**changes: Any) -> ResponseRequest:
    return ResponseRequest(**({"model": MODEL, "message": HI} | changes))


def of(kind: type[Any], told: list[Event]) -> list[Any]:
    return [event for event in told if isinstance(event, kind)]


def text(told: list[Event]) -> str:
    return "".join(event.text for event in of(TextDelta, told))


def turn_of(person: Person, given: ResponseRequest) -> Turn:
    turn = Turn("conversation", given.message or HI, MODEL, "Local", Mode.RESPONSES)
    for event in events(person, given):
        turn.apply(event)
    return turn


# --- what is sent ---------------------------------------------------------------------------


def test_a_turn_in_a_conversation_is_one_short_request_however_long_it_is(
    person: Person, api: ResponsesApi
) -> None:
    asking = request(conversation=api.create_conversation().id)
    first, *_, last = (events(person, asking) for _ in range(4))
    sent = [of(RequestSent, told) for told in (first, last)]
    assert sent[0] == sent[1]
    assert [(one.path, one.message_count) for one in sent[0]] == [("/responses", 1)]
    assert [m["content"] for m in asked(person)] == ["Hi", *["Hello world", "Hi"] * 3]


def test_a_chain_remembers_by_the_response_before(person: Person) -> None:
    first = turn_of(person, request())
    assert first.run is not None
    second = turn_of(person, request(previous_response_id=first.run.run_id))
    assert [m["content"] for m in asked(person)] == ["Hi", "Hello world", "Hi"]
    assert second.run is not None and second.run.run_id != first.run.run_id


def test_bytes_and_tokens_are_what_went_over_the_wire(person: Person, talk_loop: Any) -> None:
    given = request(instructions="Be brief.", message=Message("user", "Größe? 你好"), tools=TOOLS)
    turn = Turn("talk", given.message or HI, MODEL, "Local", Mode.RESPONSES)
    limits = RateLimits(person.ledger._database, "me")
    live = LiveTurns(talk_loop, KeptByServer(), person.ledger, limits)
    connection = person.api.connection
    told = over(live.start(turn, connection, lambda client: send(client, connection, given)))
    (sent,), (exchange,) = told.sent, told.exchanges
    assert sent.size_bytes == exchange.request_size_bytes == len(exchange.request_body.encode())
    both = [Message("system", "Be brief."), Message("user", "Größe? 你好")]
    assert sent.tokens == tokens.count_messages(both, MODEL, [definition(tool) for tool in TOOLS])


def test_instructions_parameters_and_the_typed_key_travel(person: Person) -> None:
    given = request(instructions="Be brief.", parameters={"temperature": 0.2}, upstream_key="sk-typed")
    events(person, given)
    received = person.upstream.requests[-1]
    assert received.json["temperature"] == 0.2
    assert asked(person)[0] == {"role": "system", "content": "Be brief."}
    assert received.headers["Authorization"] == "Bearer sk-typed" and "sk-typed" not in repr(given)


def test_text_files_stand_in_the_text_and_the_rest_in_parts_of_its_own() -> None:
    attached = (
        Attachment("a.csv", "text/plain", b"1,2"),
        Attachment("a.pdf", "application/pdf", b"%PDF"),
        Attachment("a.png", "image/png", b"\x89PNG"),
    )
    message = Message("user", "What is it?", attached)
    given = request(message=message, sees_images=True, file_ids=("file-1",), image_ids=("file-2",))
    (wire,) = as_input(given, [], message)
    assert [part["type"] for part in wire["content"]] == [  # type: ignore[index]
        "input_file", "input_file", "input_image", "input_text", "input_text", "input_image",
    ]  # fmt: skip
    file, known, seen, fenced, said, picture = wire["content"]  # type: ignore[index]
    assert file == {
        "type": "input_file",
        "filename": "a.pdf",
        "file_data": "data:application/pdf;base64,JVBERg==",
    }
    assert (known["file_id"], seen["file_id"]) == ("file-1", "file-2")
    assert (fenced["text"], said["text"]) == ("a.csv:\n```\n1,2\n```", "What is it?")
    assert picture["image_url"].startswith("data:image/png;base64,")


# --- what comes back ------------------------------------------------------------------------


def test_text_comes_in_pieces_and_tokens_at_the_end(person: Person) -> None:
    told = events(person, request())
    assert of(TextDelta, told) == [TextDelta("Hello"), TextDelta(" world")]
    assert [run.state for run in of(RunChanged, told)] == ["in_progress", "in_progress", "completed"]
    report, end = told[-2:]
    assert isinstance(report, UsageReport) and end == Finished("stop")
    assert (report.usage, report.model) == (Usage(11, 7, 0, 0, 0), MODEL)
    assert report.ttft_s is not None and 0 < report.ttft_s <= report.duration_s


def test_an_answer_that_reached_its_limit_says_so(person: Person) -> None:
    person.upstream.play(Script(text=("Half",), finish_reason="length"))
    told = events(person, request(parameters={"max_output_tokens": 16}))
    assert (text(told), told[-1]) == ("Half", Finished("length"))
    assert of(RunChanged, told)[-1].reason == "max_output_tokens"


def test_a_refusal_is_text(person: Person) -> None:
    person.upstream.play(Script(deltas=({"refusal": "I will not."},)))
    assert text(events(person, request())) == "I will not."


def test_what_goes_wrong_is_a_failure_with_a_sentence(person: Person) -> None:
    person.upstream.play(rate_limited())
    *_, failed = events(person, request())
    assert isinstance(failed, Failed) and failed.retryable


def test_a_conversation_deleted_under_the_turn_is_named(person: Person, api: ResponsesApi) -> None:
    conversation = api.create_conversation()
    api.delete_conversation(conversation.id)
    sent, failed = events(person, request(conversation=conversation.id))
    assert isinstance(sent, RequestSent) and isinstance(failed, Failed)
    assert "does not have this" in failed.user_message and conversation.id in failed.user_message


# --- tools ----------------------------------------------------------------------------------


def test_a_function_is_run_here_and_its_output_sent(person: Person, api: ResponsesApi) -> None:
    person.upstream.play(Script(tool_calls=(SUM,)))
    turn = turn_of(person, request(conversation=api.create_conversation().id, tools=TOOLS))
    (step,) = turn.tool_steps.values()
    assert (step.state, step.output, turn.text) == ("completed", "17 * 3 = 51", "Hello world")
    assert [sent.message_count for sent in turn.sent] == [1, 1]
    assert [m["role"] for m in asked(person)] == ["user", "assistant", "tool"]
    assert (turn.calls, turn.usage, turn.status) == (2, Usage(22, 14, 0, 0, 0), TurnStatus.COMPLETED)


def test_a_call_waits_for_the_person_and_goes_on_with_their_word(person: Person) -> None:
    person.upstream.play(Script(tool_calls=(SUM,)))
    waiting = turn_of(person, request(tools=TOOLS, approve_tools=True))
    assert waiting.status is TurnStatus.AWAITING_APPROVAL and waiting.run is not None
    (call,) = unanswered(waiting)
    goes_on = request(
        message=None,
        tools=TOOLS,
        approve_tools=True,
        waiting=(call,),
        previous_response_id=waiting.run.run_id,
    )
    assert of(ApprovalNeeded, events(person, goes_on)) == [ApprovalNeeded((call,))]
    allowed = events(person, replace(goes_on, decisions={call.id: True}))
    assert of(ToolStep, allowed)[-1].output == "17 * 3 = 51" and text(allowed) == "Hello world"
    refused = events(person, replace(goes_on, decisions={call.id: False}))
    assert [(step.state, step.output) for step in of(ToolStep, refused)] == [("refused", REFUSED)]


def test_a_new_message_answers_the_calls_that_were_left(person: Person, api: ResponsesApi) -> None:
    person.upstream.play(Script(tool_calls=(SUM,)))
    asking = request(conversation=api.create_conversation().id, tools=TOOLS, approve_tools=True)
    left = unanswered(turn_of(person, asking))
    told = events(person, replace(asking, waiting=left))
    assert text(told) == "Hello world" and not of(ToolStep, told)
    assert [m["content"] for m in asked(person)[-2:]] == [UNSAID, "Hi"]


def test_a_model_that_only_calls_is_stopped(person: Person) -> None:
    person.upstream.by_request = lambda _: Script(tool_calls=(SUM,))
    *_, failed = events(person, request(tools=TOOLS))
    assert isinstance(failed, Failed) and "without answering" in failed.user_message


def test_a_search_is_told_with_its_hits_and_what_is_cited(person: Person) -> None:
    assistant, file_id = person.account.searching()
    stores = person.api.assistant(assistant.id).store_id
    built_in = ({"type": "file_search", "vector_store_ids": [stores]},)
    search = ToolCall("file_search", '{"query": "warranty of the kettle"}')
    person.upstream.play(Script(tool_calls=(search,)), Script(text=("Two years【1:0†ket", "tle.txt】. So.")))
    told = events(person, request(built_in=built_in))
    step = of(ToolStep, told)[-1]
    assert (step.call.name, step.state) == ("file_search", "completed")
    (hit,) = step.details["results"]
    assert (hit["file_id"], hit["file_name"]) == (file_id, "kettle.txt") and 0.5 < hit["score"] <= 1
    assert hit["content"][0]["text"] == KETTLE.decode()
    (cited,) = of(Citation, told)
    assert (cited.file_id, cited.filename) == (file_id, "kettle.txt")
    assert cited.quote and cited.quote in KETTLE.decode() and "warranty" in cited.quote.lower()
    assert text(told)[: cited.start] == "Two years"


# --- who ends it ----------------------------------------------------------------------------


def test_leaving_ends_the_response_and_its_model(person: Person, api: ResponsesApi) -> None:
    person.upstream.play(Script(hold_after=2))
    ids = asyncio.run(_leave(person, request()))
    assert person.upstream.client_left.wait(10)
    until(lambda: api.response(ids)["status"] == "cancelled")


def test_leaving_cancels_what_is_in_the_background(person: Person, api: ResponsesApi) -> None:
    person.upstream.play(Script(hold_after=2))
    response_id = asyncio.run(_leave(person, request(background=True)))
    until(lambda: api.response(response_id)["status"] == "cancelled")


async def _leave(person: Person, given: ResponseRequest) -> str:
    """Leave after the first piece of text; the id of the response."""
    async with _client(person) as client:
        told = send(client, person.api.connection, given)
        response_id = ""
        async for event in told:
            if isinstance(event, RunChanged):
                response_id = event.run_id
            if isinstance(event, TextDelta):
                break
        await told.aclose()  # type: ignore[attr-defined]
    return response_id


def test_a_running_response_is_joined_from_its_first_event_or_a_later_one(person: Person) -> None:
    person.upstream.play(Script(hold_after=2))
    with closing(_began(person)) as response_id:
        person.upstream.release()
        joining = request(message=None, response_id=next(response_id))
        whole = events(person, joining)
    assert (text(whole), whole[-1]) == ("Hello world", Finished("stop"))
    assert not of(RequestSent, whole)
    late = events(person, replace(joining, starting_after=5))
    assert text(late) == " world" and late[-1] == Finished("stop")


def _began(person: Person) -> Iterator[str]:
    made = person.account.client.responses.create(model=MODEL, input="Hi", background=True)
    assert person.upstream.holding.wait(10)
    yield made.id


def test_stop_keeps_what_had_arrived(person: Person, talk_loop: Any) -> None:
    person.upstream.play(Script(hold_after=2))
    turn = Turn("talk", HI, MODEL, "Local", Mode.RESPONSES)
    live = LiveTurns(talk_loop, KeptByServer(), person.ledger, RateLimits(person.ledger._database, "me"))
    connection = person.api.connection
    answering = live.start(turn, connection, lambda client: send(client, connection, request()))
    streaming(answering, "Hello")
    answering.stop()
    assert (over(answering).text, turn.status) == ("Hello", TurnStatus.STOPPED)


@pytest.fixture
def sandbox(tmp_path: Path) -> None:
    """Skips where no sandbox can work, and says why."""
    with closing(Lab(tmp_path / "sessions")) as lab:
        if refusal := lab.call(lab.interpreter.refusal()):
            pytest.skip(refusal)


@pytest.mark.usefixtures("sandbox")
def test_a_figure_comes_before_the_words_of_the_answer(person: Person) -> None:
    drawing = "import matplotlib.pyplot as plt\nplt.plot([1, 2])\nplt.show()\nprint('drawn')"
    person.upstream.play(Script(tool_calls=(ToolCall("code_interpreter", json.dumps({"code": drawing})),)))
    built_in = ({"type": "code_interpreter", "container": {"type": "auto"}},)
    told = events(person, request(built_in=built_in))
    (picture,) = of(ImageOutput, told)
    assert picture.media_type == "image/png" and picture.data.startswith(b"\x89PNG")
    kinds = [type(event) for event in told if isinstance(event, (ImageOutput, TextDelta))]
    assert kinds[0] is ImageOutput
    step = of(ToolStep, told)[-1]
    assert (step.state, step.call.arguments, step.output.strip()) == ("completed", drawing, "drawn")
