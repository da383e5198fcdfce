"""What other servers of this protocol get wrong: one test for each. Those on vector stores and files are elsewhere."""

from __future__ import annotations

import time
from typing import Any

from tests.contract.assistants.conftest import Clock
from tests.support.assistants import FUNCTION, PARIS, ROME, Account, names, until
from tests.support.upstream import Script, ScriptedUpstream, ToolCall


def test_a_word_is_streamed_when_the_model_says_it(me: Account, upstream: ScriptedUpstream) -> None:
    """Not at the next look into a database: the model is still held when its first word arrives."""
    upstream.play(Script(hold_after=2))
    body = {"assistant_id": me.assistant().id, "stream": True}
    with me.http.stream("POST", f"threads/{me.thread('Hi').id}/runs", json=body) as answer:
        lines = answer.iter_lines()
        assert any('"value":"Hello"' in line for line in lines)
        upstream.release()
        released_at = time.monotonic()
        assert any('"value":" world"' in line for line in lines)
        assert time.monotonic() - released_at < 0.9


def test_a_stream_has_its_last_events(me: Account) -> None:
    body = {"assistant_id": me.assistant().id, "stream": True}
    text = me.http.post(f"threads/{me.thread('Hi').id}/runs", json=body).text
    for name in ("thread.message.completed", "thread.run.step.completed", "thread.run.completed"):
        assert text.count(f"event: {name}\n") == 1
    assert text.endswith("event: done\ndata: [DONE]\n\n")


def test_times_are_seconds(me: Account) -> None:
    run = me.run()
    (message,), (step,) = me.written(run), me.steps(run)
    thread = me.client.beta.threads.retrieve(run.thread_id)
    for made in (run, message, step, thread, me.assistant()):
        assert abs(made.created_at - time.time()) < 60


def test_a_thread_lists_its_own_runs_alone(me: Account) -> None:
    assistant = me.assistant()
    one, two = me.run(assistant=assistant), me.run(assistant=assistant)
    for run in (one, two):
        assert [listed.id for listed in me.client.beta.threads.runs.list(run.thread_id)] == [run.id]


def test_tool_outputs_are_no_words_of_the_person(me: Account, upstream: ScriptedUpstream) -> None:
    me.answered(me.waiting(), "20°")
    told = upstream.requests[-1].json["messages"]
    assert [m["role"] for m in told if "20°" in str(m["content"])] == ["tool"]


def test_parallel_calls_have_an_id_each(me: Account) -> None:
    waiting = me.waiting(PARIS, ROME)
    assert len({output["tool_call_id"] for output in me.outputs(waiting)}) == 2


def test_a_list_tells_that_there_is_more(me: Account) -> None:
    for _ in range(3):
        me.assistant()
    assert me.http.get("assistants", params={"limit": 2}).json()["has_more"] is True
    assert me.http.get("assistants", params={"limit": 3}).json()["has_more"] is False


def test_an_empty_list_is_a_list(me: Account) -> None:
    empty = {"object": "list", "data": [], "first_id": None, "last_id": None, "has_more": False}
    assert me.http.get("assistants").json() == empty


def test_a_run_can_be_cancelled(me: Account, upstream: ScriptedUpstream) -> None:
    assert me.cancelled(me.held()).status == "cancelled"
    assert upstream.client_left.wait(1)


def test_a_run_has_steps(me: Account) -> None:
    run = me.answered(me.waiting())
    assert [step.type for step in me.steps(run)] == ["tool_calls", "message_creation"]


def test_a_run_locks_its_thread(me: Account) -> None:
    run = me.held()
    body = {"role": "user", "content": "x"}
    assert me.error("POST", f"threads/{run.thread_id}/messages", json=body)[0] == 400
    assert (
        me.error("POST", f"threads/{run.thread_id}/runs", json={"assistant_id": run.assistant_id})[0] == 400
    )


def test_a_run_expires(me: Account, clock: Clock) -> None:
    run = me.waiting()
    clock.now_s += 600
    assert me.again(run).status == "expired"


def test_a_run_and_its_steps_have_their_usage(me: Account) -> None:
    run = me.answered(me.waiting())
    assert run.usage is not None
    assert (
        run.usage.total_tokens == sum(step.usage.total_tokens for step in me.steps(run) if step.usage) == 36
    )


def test_a_cited_answer_has_annotations(me: Account, upstream: ScriptedUpstream) -> None:
    search = ToolCall("file_search", '{"query": "warranty of the kettle"}')
    upstream.play(Script(tool_calls=(search,)), Script(text=("Two years 【4:0†kettle.txt】.",)))
    assistant, file_id = me.searching()
    (message,) = me.written(me.run(assistant=assistant))
    text: Any = message.content[0].to_dict()["text"]
    (annotation,) = text["annotations"]
    assert (annotation["text"], annotation["start_index"]) == ("【4:0†kettle.txt】", 10)
    assert annotation["file_citation"]["file_id"] == file_id


def test_a_thread_that_is_made_and_run_does_run(me: Account) -> None:
    run = me.client.beta.threads.create_and_run(assistant_id=me.assistant().id)
    until(lambda: me.again(run).status == "completed")


def test_tool_choice_limits_and_truncation_are_used_not_only_stored(
    me: Account, upstream: ScriptedUpstream
) -> None:
    strategy: Any = {"type": "last_messages", "last_messages": 1}
    me.run(
        me.thread("one", "two"),
        me.assistant(tools=[FUNCTION]),
        tool_choice="none",
        max_completion_tokens=300,
        truncation_strategy=strategy,
    )
    told = upstream.requests[-1].json
    assert (told["tool_choice"], told["max_completion_tokens"]) == ("none", 300)
    assert [message["content"] for message in told["messages"]] == ["two"]
    run = me.run(me.thread("word " * 500), max_prompt_tokens=256)
    assert run.incomplete_details is not None
    assert run.incomplete_details.reason == "max_prompt_tokens"


def test_some_outputs_are_not_enough(me: Account) -> None:
    waiting = me.waiting(PARIS, ROME)
    path = f"threads/{waiting.thread_id}/runs/{waiting.id}/submit_tool_outputs"
    status, message = me.error("POST", path, json={"tool_outputs": me.outputs(waiting)[:1]})
    assert (status, message.partition(" [")[0]) == (400, "Expected tool outputs for call_ids")
    assert me.again(waiting).status == "requires_action"


def test_pages_of_one_second_have_no_gaps(me: Account, clock: Clock) -> None:
    made = [me.assistant().id for _ in range(7)]
    listed = [assistant.id for assistant in me.client.beta.assistants.list(limit=2, order="asc")]
    assert listed == made


def test_a_second_reader_gets_every_event_too(me: Account) -> None:
    run = me.run()
    first, second = me.events(run), me.events(run)
    assert first == second
    assert names(first)[0] == "thread.run.created"
