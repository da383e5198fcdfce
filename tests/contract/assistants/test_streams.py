"""Streams: every event, in the order OpenAI's own service was recorded to send them."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.assistants import FUNCTION, KETTLE, PARIS, ROME, Account, Event, names, parsed
from tests.support.upstream import Script, ScriptedUpstream, ToolCall

BEGIN = ["thread.run.created", "thread.run.queued", "thread.run.in_progress"]
STEP = ["thread.run.step.created", "thread.run.step.in_progress"]
MESSAGE = [*STEP, "thread.message.created", "thread.message.in_progress", "thread.message.delta"]
WRITTEN = [*MESSAGE, "thread.message.completed", "thread.run.step.completed"]


def streamed(me: Account, path: str | None = None, **body: Any) -> list[Event]:
    """The events of a run that is started by a streaming client."""
    body.setdefault("assistant_id", me.assistant().id)
    path = path or f"threads/{me.thread('Hi').id}/runs"
    answer = me.http.post(path, json=body | {"stream": True})
    assert answer.headers["content-type"].startswith("text/event-stream"), answer.text
    return list(parsed(answer.text))


def test_text(me: Account) -> None:
    events = streamed(me)
    assert names(events) == [*BEGIN, *WRITTEN, "thread.run.completed"]
    deltas = [event.data for event in events if event.name == "thread.message.delta"]
    message_id = next(event.data["id"] for event in events if event.name == "thread.message.created")
    assert [delta["delta"] for delta in deltas] == [
        {"content": [{"index": 0, "type": "text", "text": {"value": "Hello", "annotations": []}}]},
        {"content": [{"index": 0, "type": "text", "text": {"value": " world"}}]},
    ]
    assert {(d["id"], d["object"]) for d in deltas} == {(message_id, "thread.message.delta")}


def test_states_in_the_events_are_those_of_their_moment(me: Account) -> None:
    events = streamed(me)
    by_name = {event.name: event.data for event in events}
    for name, data in by_name.items():
        if name.startswith("thread.run.") and data["object"] == "thread.run":
            assert data["status"] == ("queued" if name.endswith("created") else name.rpartition(".")[2])
    assert by_name["thread.message.created"]["content"] == []
    assert by_name["thread.message.created"]["status"] == "in_progress"
    assert by_name["thread.run.step.created"]["status"] == "in_progress"
    assert by_name["thread.run.step.completed"]["usage"]["total_tokens"] == 18
    assert by_name["thread.run.completed"]["usage"]["total_tokens"] == 18
    assert by_name["thread.message.completed"]["content"][0]["text"]["value"] == "Hello world"


def test_a_thread_made_on_the_way_comes_first(me: Account) -> None:
    messages = [{"role": "user", "content": "Hi"}]
    events = streamed(me, "threads/runs", thread={"messages": messages, "metadata": {"a": "1"}})
    assert names(events) == ["thread.created", *BEGIN, *WRITTEN, "thread.run.completed"]
    assert events[0].data == me.http.get(f"threads/{events[0].data['id']}").json()


def test_functions_and_the_answer_to_them(me: Account, upstream: ScriptedUpstream) -> None:
    upstream.play(Script(tool_calls=(PARIS, ROME)))
    events = streamed(me, assistant_id=me.assistant(tools=[FUNCTION]).id)
    assert names(events) == [*BEGIN, *STEP, "thread.run.step.delta", "thread.run.requires_action"]
    assert events[3].data["step_details"] == {"type": "tool_calls", "tool_calls": []}
    waiting = events[-1].data
    calls = waiting["required_action"]["submit_tool_outputs"]["tool_calls"]
    deltas = [e.data["delta"] for e in events if e.name == "thread.run.step.delta"]
    told = [delta["step_details"]["tool_calls"][0] for delta in deltas]
    assert told == [
        {
            "index": 0,
            "id": calls[0]["id"],
            "type": "function",
            "function": {"name": "weather", "arguments": "", "output": None},
        },
        {"index": 0, "type": "function", "function": {"arguments": '{"city":'}},
        {"index": 0, "type": "function", "function": {"arguments": ' "Paris"}'}},
        {
            "index": 1,
            "id": calls[1]["id"],
            "type": "function",
            "function": {"name": "weather", "arguments": "", "output": None},
        },
        {"index": 1, "type": "function", "function": {"arguments": '{"city":'}},
        {"index": 1, "type": "function", "function": {"arguments": ' "Rome"}'}},
    ]
    outputs = [{"tool_call_id": call["id"], "output": "20°"} for call in calls]
    place = f"threads/{waiting['thread_id']}/runs/{waiting['id']}/submit_tool_outputs"
    answer = me.http.post(place, json={"tool_outputs": outputs, "stream": True})
    assert names(parsed(answer.text)) == [
        "thread.run.step.completed",
        "thread.run.queued",
        "thread.run.in_progress",
        *WRITTEN,
        "thread.run.completed",
    ]


def test_words_before_functions(me: Account, upstream: ScriptedUpstream) -> None:
    upstream.play(Script(before=("Wait.",), tool_calls=(PARIS,)))
    events = streamed(me, assistant_id=me.assistant(tools=[FUNCTION]).id)
    assert names(events) == [
        *BEGIN,
        *WRITTEN,
        *STEP,
        "thread.run.step.delta",
        "thread.run.requires_action",
    ]


def test_the_code_interpreter(me: Account, upstream: ScriptedUpstream) -> None:
    upstream.play(Script(tool_calls=(ToolCall("code_interpreter", '{"code": "1 + 1"}'),)), Script())
    events = streamed(me, assistant_id=me.assistant(tools=[{"type": "code_interpreter"}]).id)
    tools = [*STEP, "thread.run.step.delta", "thread.run.step.completed"]
    assert names(events) == [*BEGIN, *tools, *WRITTEN, "thread.run.completed"]
    told = [
        e.data["delta"]["step_details"]["tool_calls"][0] for e in events if e.name == "thread.run.step.delta"
    ]
    assert (told[0]["index"], told[0]["code_interpreter"]) == (0, {"input": "", "outputs": []})
    assert told[0]["id"].startswith("call_")
    assert [sorted(call) for call in told[1:]] == [["code_interpreter", "index", "type"]] * 2


def test_file_search(me: Account, upstream: ScriptedUpstream) -> None:
    """The search tells no results, and the sentence after it carries its citation."""
    search = ToolCall("file_search", '{"query": "warranty of the kettle"}')
    cited = ("The warranty lasts two years 【4", ":0†kettle", ".txt】.")
    upstream.play(Script(tool_calls=(search,)), Script(text=cited))
    assistant, file_id = me.searching()
    events = streamed(me, assistant_id=assistant.id)
    tools = [*STEP, "thread.run.step.delta", "thread.run.step.completed"]
    assert names(events) == [*BEGIN, *tools, *WRITTEN, "thread.run.completed"]
    delta = next(event.data for event in events if event.name == "thread.run.step.delta")
    (call,) = delta["delta"]["step_details"]["tool_calls"]
    assert call["file_search"]["results"] == []
    completed = next(event.data for event in events if event.name == "thread.run.step.completed")
    (result,) = completed["step_details"]["tool_calls"][0]["file_search"]["results"]
    assert (result["file_id"], result["file_name"], "content" in result) == (file_id, "kettle.txt", False)
    parts = [e.data["delta"]["content"][0]["text"] for e in events if e.name == "thread.message.delta"]
    assert [("annotations" in part, part.get("annotations") == []) for part in parts] == [
        (True, True),
        (True, False),
        (False, False),
    ]
    text = next(e.data["content"][0]["text"] for e in events if e.name == "thread.message.completed")
    assert text["value"] == "".join(cited) == "".join(part["value"] for part in parts)
    (annotation,) = text["annotations"]
    assert annotation["file_citation"]["file_id"] == file_id
    assert text["value"][annotation["start_index"] : annotation["end_index"]] == annotation["text"]


def test_results_of_a_search_have_their_text_for_those_who_ask(
    me: Account, upstream: ScriptedUpstream
) -> None:
    upstream.play(Script(tool_calls=(ToolCall("file_search", '{"query": "kettle"}'),)), Script())
    include: Any = "step_details.tool_calls[*].file_search.results[*].content"
    assistant, _ = me.searching()
    run = me.run(assistant=assistant, include=[include])
    steps = me.client.beta.threads.runs.steps
    (plain, _), (whole, _) = (
        steps.list(run.id, thread_id=run.thread_id, order="asc", **more).data
        for more in ({}, {"include": [include]})
    )
    assert "content" not in results(plain)[0]
    assert results(whole)[0]["content"] == [{"type": "text", "text": KETTLE.decode()}]
    one = steps.retrieve(whole.id, thread_id=run.thread_id, run_id=run.id, include=[include])
    assert one == whole
    told = next(event.data for event in me.events(run) if event.name == "thread.run.step.completed")
    assert "content" in told["step_details"]["tool_calls"][0]["file_search"]["results"][0]
    path = f"threads/{run.thread_id}/runs/{run.id}/steps"
    refused = me.error("GET", path, params={"include[]": "everything"})
    assert refused == (400, f"Invalid value: 'everything'. Supported values are: '{include}'.")


def results(step: Any) -> Any:
    return step.to_dict()["step_details"]["tool_calls"][0]["file_search"]["results"]


@pytest.mark.parametrize(
    ("script", "ending"),
    [
        (
            Script(text=("Hel",), finish_reason="length"),
            ["thread.message.incomplete", "thread.run.step.completed", "thread.run.incomplete"],
        ),
        (
            Script(cut_after=2),
            ["thread.message.incomplete", "thread.run.step.failed", "thread.run.failed"],
        ),
    ],
    ids=["incomplete", "failed"],
)
def test_runs_that_end_before_their_answer(
    me: Account, upstream: ScriptedUpstream, script: Script, ending: list[str]
) -> None:
    upstream.play(script)
    assert names(streamed(me)) == [*BEGIN, *MESSAGE, *ending]


def test_a_run_that_fails_before_a_word(me: Account, upstream: ScriptedUpstream) -> None:
    upstream.play(Script(status=500, body={}))
    assert names(streamed(me)) == [*BEGIN, "thread.run.failed"]


def test_a_model_nobody_knows_fails_from_the_queue(start_service: Any) -> None:
    with start_service(openai_api_key=None, openai_base_url="https://api.openai.com/v1") as service:
        me = service.account()
        headers = {"x-tandem-upstream-key": "sk-mine"}
        made = me.http.post("assistants", json={"model": "all-minilm-l6-v2"}, headers=headers).json()
        run = me.client.beta.threads.create_and_run(assistant_id=made["id"], extra_headers=headers)
        assert names(me.events(run)) == [
            "thread.created",
            "thread.run.created",
            "thread.run.queued",
            "thread.run.failed",
        ]
        me.close()


def test_a_refused_stream_is_a_plain_error(me: Account) -> None:
    body = {"assistant_id": "asst_nobody", "stream": True}
    answer = me.http.post(f"threads/{me.thread().id}/runs", json=body)
    assert (answer.status_code, answer.headers["content-type"]) == (404, "application/json")


def test_event_and_data_are_the_first_lines_of_each_event(me: Account) -> None:
    body = {"assistant_id": me.assistant().id, "stream": True}
    text = me.http.post("threads/runs", json=body).text
    for event in text.strip().split("\n\n"):
        lines = event.split("\n")
        assert [line.partition(":")[0] for line in lines[:2]] == ["event", "data"]
        assert [line.partition(":")[0] for line in lines[2:]] in (["id"], [])
