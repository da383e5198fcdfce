"""What the stream of a run stands for, event by event."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from services.modes.run_events import (
    FAILED_OUTPUT,
    REFUSED,
    Picture,
    RunReader,
    as_annotation,
    as_run_changed,
    as_step_changed,
    as_tool_step,
    as_usage,
    ending,
    merge,
)
from services.turns import (
    Citation,
    Failed,
    FileOutput,
    Finished,
    RunChanged,
    StepChanged,
    TextDelta,
    ToolCall,
    ToolStep,
    Usage,
)

USAGE = {"prompt_tokens": 11, "completion_tokens": 7, "total_tokens": 18}
CODE = ToolCall("call_1", "code_interpreter", "print(1)")


def run(status: str = "in_progress", **fields: Any) -> dict[str, Any]:
    return {"id": "run_1", "object": "thread.run", "status": status, **fields}


def step(status: str = "in_progress", calls: list[dict[str, Any]] | None = None, **fields: Any) -> Any:
    details = {"type": "tool_calls", "tool_calls": calls or []}
    return {
        "id": "step_1",
        "type": "tool_calls",
        "status": status,
        "created_at": 100,
        "step_details": details,
        **fields,
    }


def delta(**call: Any) -> dict[str, Any]:
    calls = [{"index": 0, "id": "call_1", **call}]
    return {"id": "step_1", "delta": {"step_details": {"type": "tool_calls", "tool_calls": calls}}}


def code(**detail: Any) -> dict[str, Any]:
    return {"id": "call_1", "type": "code_interpreter", "code_interpreter": detail}


def function(output: str | None = None, arguments: str = "{}") -> dict[str, Any]:
    detail = {"name": "weather", "arguments": arguments, "output": output}
    return {"id": "call_1", "type": "function", "function": detail}


def fed(reader: RunReader, *events: tuple[str, Any]) -> list[Any]:
    return [told for name, data in events for told in reader.feed(f"thread.{name}", data)]


def tool_steps(told: list[Any]) -> list[ToolStep]:
    return [event for event in told if isinstance(event, ToolStep)]


def message(*content: Any, **fields: Any) -> dict[str, Any]:
    return {"id": "msg_1", "content": list(content), **fields}


def text(value: str, *annotations: Any) -> dict[str, Any]:
    return {"type": "text", "text": {"value": value, "annotations": list(annotations)}}


CITED = {
    "type": "file_citation",
    "text": "【4:0†a.pdf】",
    "start_index": 3,
    "end_index": 12,
    "file_citation": {"file_id": "file-1"},
}


def test_text_pictures_and_refusals_of_a_message_are_told_in_order() -> None:
    picture = {"type": "image_file", "image_file": {"file_id": "file-9"}}
    said = {"id": "msg_1", "delta": {"content": [text("Hi"), picture, {"type": "refusal", "refusal": "No."}]}}
    assert fed(RunReader(), ("message.delta", said)) == [TextDelta("Hi"), Picture("file-9"), TextDelta("No.")]


def test_a_delta_without_content_tells_nothing() -> None:
    for empty in ({}, {"content": None}, {"content": [{"type": "text", "text": {"value": ""}}]}):
        assert fed(RunReader(), ("message.delta", {"id": "msg_1", "delta": empty})) == []


def test_a_message_that_was_told_piece_by_piece_is_not_told_again() -> None:
    pieces = ("message.delta", {"id": "msg_1", "delta": {"content": [text("Hi")]}})
    assert fed(RunReader(), pieces, ("message.completed", message(text("Hi")))) == [TextDelta("Hi")]


@pytest.mark.parametrize("end", ["completed", "incomplete"])
def test_a_message_whose_pieces_a_restarted_server_has_lost_is_told_whole(end: str) -> None:
    told = fed(RunReader(), ("message.created", message()), (f"message.{end}", message(text("Hi", CITED))))
    assert told == [TextDelta("Hi"), Citation("【4:0†a.pdf】", 3, 12, "file-1", "a.pdf")]


def test_a_citation_has_quote_page_and_rows_where_the_server_tells_them() -> None:
    ours = {"file_id": "file-1", "quote": "It rose.", "page": 3, "last_page": 4, "rows": [31, 60]}
    cited = as_annotation(CITED | {"file_citation": ours})
    assert cited == Citation("【4:0†a.pdf】", 3, 12, "file-1", "a.pdf", "It rose.", 3, 4, (31, 60))


def test_a_file_that_a_program_wrote_is_no_citation() -> None:
    path = {"type": "file_path", "text": "sandbox:/mnt/data/a.csv", "start_index": 5, "end_index": 28}
    made = as_annotation(path | {"file_path": {"file_id": "file-2"}})
    assert made == FileOutput("file-2", "sandbox:/mnt/data/a.csv", 5, 28)


def test_a_run_and_its_expiry_are_told() -> None:
    reader = RunReader()
    (told,) = fed(reader, ("run.in_progress", run(expires_at=1_800_000_600)))
    assert told == RunChanged("run_1", "in_progress", datetime(2027, 1, 15, 8, 10, tzinfo=UTC))
    assert reader.run["id"] == "run_1"
    assert fed(reader, ("created", {"id": "thread_1"})) == []


def test_why_a_run_did_not_complete_is_told() -> None:
    assert as_run_changed(run("failed", last_error={"message": "Too hot."})).reason == "Too hot."
    details = {"reason": "max_completion_tokens"}
    assert as_run_changed(run("incomplete", incomplete_details=details)).reason == "max_completion_tokens"


def test_a_step_tells_its_times_tokens_and_calls() -> None:
    done = step("completed", [code(input="1", outputs=[])], completed_at=107, usage=USAGE)
    at = [datetime.fromtimestamp(seconds, UTC) for seconds in (100, 107)]
    expected = StepChanged("step_1", "tool_calls", "completed", *at, Usage(11, 7), ("call_1",))
    assert as_step_changed(done) == expected
    assert as_step_changed(step()).ended_at is None


def test_a_program_appears_as_it_is_written() -> None:
    pieces = [
        ("run.step.created", step()),
        ("run.step.delta", delta(type="code_interpreter", code_interpreter={"input": "print"})),
        ("run.step.delta", delta(type="code_interpreter", code_interpreter={"input": "(1)"})),
    ]
    told = tool_steps(fed(RunReader(), *pieces))
    assert [(event.state, event.call.arguments) for event in told] == [
        ("requested", "print"),
        ("running", "print"),
        ("running", "print(1)"),
    ]


def test_what_a_program_prints_appears_while_it_runs() -> None:
    reader = RunReader()
    fed(reader, ("run.step.delta", delta(type="code_interpreter", code_interpreter={"input": "print(1)"})))
    printed = []
    for logs in ("1", "2", "3"):
        outputs = [{"index": 0, "type": "logs", "logs": logs}]
        piece = delta(type="code_interpreter", code_interpreter={"outputs": outputs})
        printed += tool_steps(fed(reader, ("run.step.delta", piece)))
    logs_so_far = [event.details["outputs"][0]["logs"] for event in printed if event.details]
    assert logs_so_far == ["1", "12", "123"]


def test_a_chart_is_among_what_a_program_gave() -> None:
    outputs = [
        {"type": "logs", "logs": "a\n"},
        {"type": "image", "image": {"file_id": "file-3"}},
        {"type": "logs", "logs": "b"},
    ]
    told = as_tool_step(code(input="print(1)", outputs=outputs), "completed")
    assert told == ToolStep(CODE, "completed", "a\n\nb", {"input": "print(1)", "outputs": outputs})


def test_a_search_tells_queries_hits_and_scores() -> None:
    results = [{"file_id": "file-1", "file_name": "a.pdf", "score": 0.9, "content": []}]
    detail = {"queries": ["warranty"], "results": results}
    told = as_tool_step({"id": "call_1", "type": "file_search", "file_search": detail}, "completed")
    assert told.call == ToolCall("call_1", "file_search", '{"queries": ["warranty"]}')
    assert json.loads(told.output or "") == [{"file": "a.pdf", "score": 0.9}]
    assert told.details == detail


def test_a_search_that_still_runs_has_no_result() -> None:
    told = as_tool_step({"id": "call_1", "type": "file_search", "file_search": {}}, "running")
    assert (told.output, told.call.arguments) == (None, '{"queries": []}')


@pytest.mark.parametrize(
    ("output", "state"),
    [
        ("20°", "completed"),
        (REFUSED, "refused"),
        (f"{FAILED_OUTPUT}no such city.", "failed"),
        ("", "completed"),
    ],
)
def test_what_became_of_a_function_is_seen_in_its_output(output: str, state: str) -> None:
    assert as_tool_step(function(output), "completed").state == state


@pytest.mark.parametrize(
    ("status", "state"), [("in_progress", "requested"), ("expired", "failed"), ("cancelled", "failed")]
)
def test_a_function_without_output_waits_until_its_step_is_over(status: str, state: str) -> None:
    *_, told = tool_steps(fed(RunReader(), (f"run.step.{status}", step(status, [function()]))))
    assert (told.state, told.output) == (state, None)


def test_a_call_is_told_once_for_each_change() -> None:
    reader = RunReader()
    arguments = delta(type="function", function={"name": "weather", "arguments": "{}", "output": None})
    told = fed(reader, ("run.step.delta", arguments), ("run.step.in_progress", step(calls=[function()])))
    assert [event.state for event in tool_steps(told)] == ["requested"]
    done = fed(reader, ("run.step.completed", step("completed", [function("20°")])))
    assert [event.output for event in tool_steps(done)] == ["20°"]


def test_the_calls_a_run_waits_for() -> None:
    reader = RunReader()
    action = {"submit_tool_outputs": {"tool_calls": [function(arguments='{"city": "Rome"}')]}}
    fed(reader, ("run.requires_action", run("requires_action", required_action=action)))
    assert reader.pending() == (ToolCall("call_1", "weather", '{"city": "Rome"}'),)
    fed(reader, ("run.cancelled", run("cancelled", required_action=None)))
    assert reader.pending() == ()


@pytest.mark.parametrize(
    ("ended", "event"),
    [
        (run("completed"), Finished("stop")),
        (run("cancelled"), Finished("cancelled")),
        (run("incomplete", incomplete_details={"reason": "max_prompt_tokens"}), Finished("length")),
        (run("incomplete", incomplete_details={"reason": "content_filter"}), Finished("content_filter")),
        (run("incomplete"), Finished("length")),
        (
            run("failed", last_error={"code": "rate_limit_exceeded", "message": "Slow down."}),
            Failed("Slow down.", True, "rate_limit_exceeded"),
        ),
        (run("failed"), Failed("The run failed.", True)),
        (run("queued"), None),
        (run("requires_action"), None),
    ],
)
def test_how_a_run_ended(ended: dict[str, Any], event: Any) -> None:
    assert ending(ended) == event


def test_an_expired_run_says_what_to_do() -> None:
    end = ending(run("expired"))
    assert isinstance(end, Failed)
    assert (end.code, end.retryable) == ("expired", True)
    assert "Ask again" in end.user_message


def test_an_error_in_the_stream_is_a_failure() -> None:
    assert list(RunReader().feed("error", {"message": "Broken."})) == [Failed("Broken.", retryable=True)]


def test_unknown_usage_is_unknown() -> None:
    assert as_usage(None) is None
    assert as_usage(USAGE | {"prompt_token_details": {"cached_tokens": 5}}) == Usage(11, 7, 5)


def test_pieces_grow_by_their_index() -> None:
    whole: dict[str, Any] = {}
    merge(whole, {"outputs": [{"index": 0, "type": "logs", "logs": "a"}], "name": "x"})
    merge(whole, {"outputs": [{"index": 1, "type": "logs", "logs": "b"}], "name": "y"})
    merge(whole, {"outputs": [{"index": 0, "type": "logs", "logs": "c"}], "done": None})
    assert [output["logs"] for output in whole["outputs"]] == ["ac", "b"]
    assert (whole["name"], whole["done"]) == ("y", None)


def test_what_was_told_does_not_change_when_more_comes() -> None:
    piece = {"outputs": [{"index": 0, "logs": "a"}]}
    whole: dict[str, Any] = {}
    merge(whole, piece)
    merge(whole, {"outputs": [{"index": 0, "logs": "b"}]})
    assert piece == {"outputs": [{"index": 0, "logs": "a"}]}
