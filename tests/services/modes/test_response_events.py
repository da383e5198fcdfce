"""What the stream of a response stands for, event by event; and what becomes of one that breaks off."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from typing import Any

import httpx2
import openai
import pytest

from services.clients import Connection
from services.modes.response_events import (
    Picture,
    ResponseReader,
    as_built_in_step,
    as_usage,
    ending,
    read_data_url,
)
from services.modes.responses import ResponseRequest, send
from services.turns import (
    Citation,
    Event,
    Failed,
    FileOutput,
    Finished,
    ImageOutput,
    Message,
    RunChanged,
    TextDelta,
    ToolCall,
    ToolStep,
    Usage,
)

DOT = "data:image/png;base64,iVBORw=="
CALL = {"id": "fc_1", "type": "function_call", "call_id": "call_1", "name": "f", "arguments": ""}
CODE = {"id": "ci_1", "type": "code_interpreter_call", "container_id": "cntr_1", "code": "", "outputs": None}


def told(reader: ResponseReader, *events: dict[str, Any]) -> list[Any]:
    return [told for event in events for told in reader.feed(event)]


def response(status: str = "in_progress", **fields: Any) -> dict[str, Any]:
    body = {"id": "resp_1", "object": "response", "created_at": 1, "model": "m", "status": status}
    return body | {"output": [], "tools": [], "tool_choice": "auto", "parallel_tool_calls": True} | fields


def event(kind: str, **fields: Any) -> dict[str, Any]:
    return {"type": f"response.{kind}", "sequence_number": 1, **fields}


AT = {"content_index": 0, "annotation_index": 0}


def item(kind: str, shape: dict[str, Any], **changes: Any) -> dict[str, Any]:
    return event(f"output_item.{kind}", output_index=0, item=shape | changes)


def delta(text: str, item_id: str = "msg_1") -> dict[str, Any]:
    return event(
        "output_text.delta", item_id=item_id, output_index=0, content_index=0, delta=text, logprobs=[]
    )


def message(text: str = "", item_id: str = "msg_1", annotations: Any = ()) -> dict[str, Any]:
    part = {"type": "output_text", "text": text, "annotations": list(annotations)}
    content = [part] if text else []
    return {"id": item_id, "type": "message", "role": "assistant", "status": "completed", "content": content}


def part(item_id: str = "msg_1") -> dict[str, Any]:
    return event("content_part.added", item_id=item_id, part={"type": "output_text", "text": ""})


def test_two_messages_in_a_row_are_one_reply_and_their_citations_stand_in_it() -> None:
    cited = {"type": "file_citation", "index": 3, "file_id": "file-1", "filename": "a.pdf"}
    events = told(
        ResponseReader(),
        *(item("added", message()), part(), delta("One.")),
        *(item("added", message(item_id="msg_2")), part("msg_2"), delta("Two", "msg_2")),
        event("output_text.annotation.added", annotation=cited, item_id="msg_2", **AT),
    )
    assert events == [
        TextDelta("One."),
        TextDelta("\n\n"),
        TextDelta("Two"),
        Citation("", 9, 9, "file-1", "a.pdf"),
    ]


def test_a_message_whose_pieces_are_lost_is_told_whole() -> None:
    path = {
        "type": "container_file_citation", "container_id": "cntr_1", "file_id": "cfile_1", "filename": "a.csv",
        "start_index": 2, "end_index": 5,
    }  # fmt: skip
    whole = item("done", message("Hi there", annotations=[path]))
    assert told(ResponseReader(), whole) == [TextDelta("Hi there"), FileOutput("cfile_1", " th", 2, 5)]
    assert told(ResponseReader(), item("added", message()), delta("Hi"), whole) == [TextDelta("Hi")]


def test_a_function_is_told_as_its_arguments_are_written() -> None:
    events = told(
        ResponseReader(),
        item("added", CALL),
        event("function_call_arguments.delta", item_id="fc_1", delta='{"a"'),
        event("function_call_arguments.delta", item_id="fc_1", delta=": 1}"),
        event("function_call_arguments.done", item_id="fc_1", arguments='{"a": 1}'),
        item("done", CALL, arguments='{"a": 1}', status="completed"),
    )
    assert [(step.state, step.call.arguments) for step in events] == [
        ("requested", ""), ("requested", '{"a"'), ("requested", '{"a": 1}'),
    ]  # fmt: skip


def test_a_program_appears_as_it_is_written_and_its_figure_once() -> None:
    outputs = [{"type": "logs", "logs": "1\n"}, {"type": "image", "url": DOT}]
    figure = {"type": "container_file_citation", "container_id": "cntr_1", "file_id": "cfile_1"}
    figure |= {"filename": "a.png", "start_index": 0, "end_index": 0}
    reader = ResponseReader()
    events = told(
        reader,
        item("added", CODE, status="in_progress"),
        event("code_interpreter_call_code.delta", item_id="ci_1", delta="print(1)"),
        event("code_interpreter_call.interpreting", item_id="ci_1"),
        item("done", CODE, code="print(1)", status="completed", outputs=outputs),
        event("output_text.annotation.added", annotation=figure, item_id="msg_1", **AT),
    )
    states = [(e.state, e.call.arguments) for e in events if isinstance(e, ToolStep)]
    assert states == [("requested", ""), ("running", ""), ("running", "print(1)"), ("completed", "print(1)")]
    assert events[-2].details == {"input": "print(1)", "outputs": outputs[:1], "container_id": "cntr_1"}
    assert events[-1] == ImageOutput("figure-1.png", "image/png", b"\x89PNG")
    again = told(reader, event("output_text.annotation.added", annotation=figure, item_id="msg_1", **AT))
    assert again == [Picture("cntr_1", "cfile_1", "a.png")]


def test_an_address_in_an_answer_is_never_fetched() -> None:
    assert read_data_url("https://example.com/a.png")[1] == b""
    assert read_data_url("data:text/html;base64,PGI+")[1] == b""
    assert read_data_url("data:image/png;base64,%%%")[1] == b""


def test_a_search_without_its_results_is_told_all_the_same() -> None:
    search = {
        "id": "fs_1",
        "type": "file_search_call",
        "status": "completed",
        "queries": ["a"],
        "results": None,
    }
    step = as_built_in_step(search)
    assert (step.state, step.output) == ("completed", "[]")
    assert step.details == {"queries": ["a"], "results": []}


@pytest.mark.parametrize(
    ("status", "fields", "expected"),
    [
        ("completed", {}, Finished("stop")),
        ("incomplete", {"incomplete_details": {"reason": "max_output_tokens"}}, Finished("length")),
        ("incomplete", {"incomplete_details": {"reason": "content_filter"}}, Finished("content_filter")),
        ("cancelled", {}, Finished("cancelled")),
        (
            "failed",
            {"error": {"code": "server_error", "message": "Too hot."}},
            Failed("Too hot.", True, "server_error"),
        ),
        ("in_progress", {}, None),
    ],
)
def test_how_a_response_ended(status: str, fields: dict[str, Any], expected: Event | None) -> None:
    assert ending(response(status, **fields)) == expected


def test_tokens_are_told_with_what_was_read_from_and_written_to_the_cache() -> None:
    used = {"input_tokens": 9, "output_tokens": 4, "total_tokens": 13}
    details = {
        "input_tokens_details": {"cached_tokens": 3, "cache_write_tokens": 2},
        "output_tokens_details": {"reasoning_tokens": 1},
    }
    assert as_usage(used | details) == Usage(9, 4, 3, 2, 1)
    assert as_usage(used) == Usage(9, 4) and as_usage(None) is None


def test_what_is_new_in_the_stream_is_passed_over() -> None:
    reader = ResponseReader()
    news = (
        event("something.new"),
        item("added", {"id": "x_1", "type": "shell_call"}),
        event("shell_call.delta"),
    )
    assert told(reader, *news) == []
    assert told(reader, {"type": "error", "message": "Too hot.", "code": "server_error"}) == [
        Failed("Too hot.", True, "server_error")
    ]


# --- a connection that breaks off -----------------------------------------------------------


class Cut(httpx2.AsyncByteStream):
    """Events, and then a connection that is gone."""

    def __init__(self, *events: dict[str, Any], is_cut: bool = False) -> None:
        self._events, self._is_cut = events, is_cut

    async def __aiter__(self) -> Any:
        for told in self._events:
            yield f"event: {told['type']}\ndata: {json.dumps(told)}\n\n".encode()
        if self._is_cut:
            raise httpx2.ReadError("gone")


def answered(*streams: Cut, background: bool) -> tuple[list[Event], list[str]]:
    """The events of a turn whose server answers with these, and the paths it was asked."""
    left, paths = iter(streams), list[str]()

    def answer(given: httpx2.Request) -> httpx2.Response:
        paths.append(given.url.raw_path.decode())
        return httpx2.Response(200, headers={"content-type": "text/event-stream"}, stream=next(left))

    async def read() -> list[Event]:
        http = httpx2.AsyncClient(transport=httpx2.MockTransport(answer))
        client = openai.AsyncOpenAI(base_url="http://t/v1", api_key="k", http_client=http, max_retries=0)
        asked = ResponseRequest("m", Message("user", "Hi"), background=background)
        return [e async for e in send(client, Connection("OpenAI", "openai", "http://t/v1", "k"), asked)]

    return asyncio.run(read()), paths


def numbered(*events: dict[str, Any], start: int = 0) -> Iterator[dict[str, Any]]:
    for number, told in enumerate(events, start):
        yield told | {"sequence_number": number}


def test_a_response_in_the_background_is_joined_again_where_it_broke_off() -> None:
    begun = response(background=True)
    first = numbered(event("created", response=begun), item("added", message()), part(), delta("Hel"))
    rest = numbered(
        delta("lo"),
        event("completed", response=response("completed", background=True)),
        start=4,
    )
    told, paths = answered(Cut(*first, is_cut=True), Cut(*rest), background=True)
    assert [e.text for e in told if isinstance(e, TextDelta)] == ["Hel", "lo"]
    assert told[-1] == Finished("stop")
    assert paths == ["/v1/responses", "/v1/responses/resp_1?starting_after=3&stream=true"]


def test_any_other_fails_and_keeps_what_had_arrived() -> None:
    first = numbered(event("created", response=response()), item("added", message()), part(), delta("Hel"))
    told, paths = answered(Cut(*first, is_cut=True), background=False)
    assert [e.text for e in told if isinstance(e, TextDelta)] == ["Hel"]
    assert isinstance(told[-1], Failed) and told[-1].retryable and len(paths) == 1


def test_a_stream_that_ends_without_an_end_is_a_failure() -> None:
    told, _ = answered(Cut(*numbered(event("created", response=response()))), background=False)
    assert isinstance(told[-1], Failed) and "broke off" in told[-1].user_message


def test_a_failed_response_is_a_failure_with_its_reason() -> None:
    failed = response("failed", error={"code": "server_error", "message": "Too hot."})
    told, _ = answered(Cut(*numbered(event("failed", response=failed))), background=False)
    assert told[-2:] == [
        RunChanged("resp_1", "failed", reason="Too hot."),
        Failed("Too hot.", True, "server_error"),
    ]


def test_calls_of_a_response_that_was_cut_short_are_not_made() -> None:
    reader = ResponseReader(response("incomplete", output=[CALL]))
    assert reader.pending() == ()
    reader = ResponseReader(response("completed", output=[CALL]))
    assert reader.pending() == (ToolCall("call_1", "f", ""),)
