"""Function calls: a run waits for all of them, and goes on when all are answered."""

from __future__ import annotations

import re
from typing import Any

import pytest

from tests.support.assistants import FUNCTION, PARIS, ROME, Account, names, parsed
from tests.support.upstream import Script, ScriptedUpstream, ToolCall


def submit(me: Account, run: Any, outputs: Any, **more: Any) -> Any:
    path = f"threads/{run.thread_id}/runs/{run.id}/submit_tool_outputs"
    return me.http.post(path, json={"tool_outputs": outputs, **more})


def test_a_run_waits_for_its_caller(me: Account) -> None:
    run = me.waiting()
    assert run.required_action is not None
    (call,) = run.required_action.submit_tool_outputs.tool_calls
    assert re.fullmatch(r"call_[0-9A-Za-z]{24}", call.id)
    assert run.to_dict()["required_action"] == {
        "type": "submit_tool_outputs",
        "submit_tool_outputs": {
            "tool_calls": [
                {
                    "id": call.id,
                    "type": "function",
                    "function": {"name": "weather", "arguments": '{"city": "Paris"}'},
                }
            ]
        },
    }
    assert (run.usage, run.expires_at) == (None, run.created_at + 600)
    (step,) = me.steps(run)
    assert (step.type, step.status, step.usage) == ("tool_calls", "in_progress", None)
    assert step.to_dict()["expires_at"] == run.expires_at
    shown = {"name": "weather", "arguments": PARIS.arguments, "output": None}
    assert step.step_details.to_dict()["tool_calls"] == [  # type: ignore[comparison-overlap]
        {"id": call.id, "type": "function", "function": shown}
    ]


def test_outputs_bring_the_run_to_its_end(me: Account) -> None:
    waiting = me.waiting()
    queued = submit(me, waiting, me.outputs(waiting)).json()
    assert (queued["status"], queued["required_action"]) == ("queued", None)
    run = me.finished(waiting)
    assert (run.status, me.texts(run)) == ("completed", ["Hello world"])
    tools, message = me.steps(run)
    assert (tools.type, tools.status, message.type) == ("tool_calls", "completed", "message_creation")
    assert tools.step_details.to_dict()["tool_calls"][0]["function"]["output"] == "20°"  # type: ignore[index]


def test_the_thread_is_locked_while_its_run_waits(me: Account) -> None:
    waiting = me.waiting()
    body = {"role": "user", "content": "Hurry"}
    assert me.error("POST", f"threads/{waiting.thread_id}/messages", json=body)[0] == 400


def test_parallel_calls_have_ids_of_their_own(me: Account, upstream: ScriptedUpstream) -> None:
    run = me.waiting(PARIS, ROME, ToolCall("weather", "{}", "call_1"))
    outputs = me.outputs(run)
    assert len({output["tool_call_id"] for output in outputs}) == 3
    assert me.answered(run).status == "completed"


def test_calls_of_a_server_that_numbers_none_of_them_are_told_apart(
    me: Account, upstream: ScriptedUpstream
) -> None:
    calls = [
        {"id": f"c{n}", "type": "function", "function": {"name": "weather", "arguments": f'{{"n": {n}}}'}}
        for n in range(2)
    ]
    upstream.play(Script(deltas=({"tool_calls": calls},), finish_reason="tool_calls"))
    run = me.run(assistant=me.assistant(tools=[FUNCTION]))
    assert run.required_action is not None
    made = run.required_action.submit_tool_outputs.tool_calls
    assert [call.function.arguments for call in made] == ['{"n": 0}', '{"n": 1}']


def test_all_outputs_are_wanted_at_once(me: Account) -> None:
    run = me.waiting(PARIS, ROME)
    one, two = me.outputs(run)
    stranger = {"tool_call_id": "call_other", "output": "x"}
    for outputs in ([], [one], [two], [one, two, stranger], [one, stranger], [{"output": "x"}, one]):
        answer = submit(me, run, outputs)
        assert answer.status_code == 400, outputs
        assert "Expected tool outputs for call_ids" in answer.json()["error"]["message"]
    assert me.again(run).status == "requires_action"
    assert submit(me, run, [two, one]).status_code == 200
    assert me.finished(run).status == "completed"


@pytest.mark.parametrize(
    "outputs", [None, "x", [7], [{"tool_call_id": 7, "output": "x"}], [{"tool_call_id": "c", "output": 7}]]
)
def test_outputs_of_another_shape_are_refused(me: Account, outputs: Any) -> None:
    run = me.waiting()
    answer = submit(me, run, outputs)
    assert answer.status_code == 400
    assert answer.json()["error"]["type"] == "invalid_request_error"
    assert me.again(run).status == "requires_action"


def test_a_run_that_does_not_wait_takes_no_outputs(me: Account) -> None:
    run = me.run()
    answer = submit(me, run, [])
    words = 'Runs in status "completed" do not accept tool outputs.'
    assert (answer.status_code, answer.json()["error"]["message"]) == (400, words)
    held = me.held()
    words = 'Runs in status "in_progress" do not accept tool outputs.'
    assert submit(me, held, []).json()["error"]["message"] == words


def test_outputs_can_be_answered_by_a_stream(me: Account) -> None:
    run = me.waiting()
    events = list(parsed(submit(me, run, me.outputs(run), stream=True).text))
    assert names(events) == [
        "thread.run.step.completed",
        "thread.run.queued",
        "thread.run.in_progress",
        "thread.run.step.created",
        "thread.run.step.in_progress",
        "thread.message.created",
        "thread.message.in_progress",
        "thread.message.delta",
        "thread.message.completed",
        "thread.run.step.completed",
        "thread.run.completed",
    ]
    assert events[0].data["step_details"]["tool_calls"][0]["function"]["output"] == "20°"


def test_a_run_may_wait_again_and_again(me: Account, upstream: ScriptedUpstream) -> None:
    run = me.waiting()
    for _ in range(3):
        upstream.play(Script(tool_calls=(ROME,)))
        run = me.answered(run)
        assert run.status == "requires_action"
    run = me.answered(run)
    assert run.status == "completed"
    ids = [call["id"] for step in me.steps(run)[:-1] for call in step.step_details.to_dict()["tool_calls"]]  # type: ignore[attr-defined, index]
    assert len(set(ids)) == 4
    told = upstream.requests[-1].json["messages"]
    assert [m["role"] for m in told] == ["user", *["assistant", "tool"] * 4]


def test_words_before_a_call_are_a_message_of_their_own(me: Account, upstream: ScriptedUpstream) -> None:
    upstream.play(Script(before=("Let me", " see."), tool_calls=(PARIS,)))
    run = me.run(assistant=me.assistant(tools=[FUNCTION]))
    message, tools = me.steps(run)
    assert (message.status, tools.status) == ("completed", "in_progress")
    assert me.texts(run) == ["Let me see."]
    run = me.answered(run)
    assert me.texts(run) == ["Let me see.", "Hello world"]
    assert run.usage is not None
    assert run.usage.total_tokens == 36


def test_words_after_a_call_are_another_message(me: Account, upstream: ScriptedUpstream) -> None:
    upstream.play(Script(before=("Let me see.",), tool_calls=(PARIS,), after=("One moment.",)))
    run = me.answered(me.run(assistant=me.assistant(tools=[FUNCTION])))
    assert run.status == "completed"
    assert me.texts(run) == ["Let me see.", "One moment.", "Hello world"]


def test_a_function_nobody_described_is_asked_for_all_the_same(
    me: Account, upstream: ScriptedUpstream
) -> None:
    upstream.play(Script(tool_calls=(ToolCall("made_up", "{}"),)))
    run = me.run(assistant=me.assistant(tools=[FUNCTION]))
    assert run.required_action is not None
    assert run.required_action.submit_tool_outputs.tool_calls[0].function.name == "made_up"


def test_a_built_in_tool_and_a_function_may_be_called_together(
    me: Account, upstream: ScriptedUpstream
) -> None:
    upstream.play(Script(tool_calls=(ToolCall("code_interpreter", '{"code": "1"}'), PARIS)))
    run = me.run(assistant=me.assistant(tools=[{"type": "code_interpreter"}, FUNCTION]))
    assert run.required_action is not None
    (call,) = run.required_action.submit_tool_outputs.tool_calls
    assert call.function.name == "weather"
    run = me.answered(run)
    assert run.status == "completed"
    kinds = [c["type"] for c in me.steps(run)[0].step_details.to_dict()["tool_calls"]]  # type: ignore[attr-defined, index]
    assert kinds == ["code_interpreter", "function"]
    assert [m["role"] for m in upstream.requests[1].json["messages"]] == ["user", "assistant", "tool", "tool"]
