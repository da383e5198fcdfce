"""Runs: the object in each state, the lock on its thread, and what it leaves behind."""

from __future__ import annotations

import re
from typing import Any

import openai
import pytest
from openai import OpenAI

from tests.contract.assistants.conftest import Clock
from tests.support.assistants import MODEL, Account, until
from tests.support.upstream import Script, ScriptedUpstream

USAGE = {
    "prompt_tokens": 11,
    "completion_tokens": 7,
    "total_tokens": 18,
    "prompt_token_details": {"cached_tokens": 0},
    "completion_tokens_details": {"reasoning_tokens": 0},
}


def test_a_new_run_is_queued_with_openais_defaults(me: Account, clock: Clock) -> None:
    thread, assistant = me.thread("Hi"), me.assistant(instructions="Be brief.")
    run = me.start(thread, assistant).to_dict()
    assert re.fullmatch(r"run_[0-9A-Za-z]{24}", str(run["id"]))
    assert run == {
        "id": run["id"],
        "object": "thread.run",
        "created_at": 1_800_000_000,
        "assistant_id": assistant.id,
        "thread_id": thread.id,
        "status": "queued",
        "started_at": None,
        "expires_at": 1_800_000_600,
        "cancelled_at": None,
        "failed_at": None,
        "completed_at": None,
        "required_action": None,
        "last_error": None,
        "model": MODEL,
        "instructions": "Be brief.",
        "tools": [],
        "tool_resources": {"code_interpreter": {"file_ids": []}},
        "metadata": {},
        "temperature": 1.0,
        "top_p": 1.0,
        "reasoning_effort": None,
        "max_completion_tokens": None,
        "max_prompt_tokens": None,
        "truncation_strategy": {"type": "auto", "last_messages": None},
        "incomplete_details": None,
        "usage": None,
        "response_format": "auto",
        "tool_choice": "auto",
        "parallel_tool_calls": True,
    }


def test_a_run_in_progress_has_begun_and_expires(me: Account, clock: Clock) -> None:
    run = me.again(me.held())
    assert (run.status, run.started_at, run.expires_at) == ("in_progress", 1_800_000_000, 1_800_000_600)
    assert (run.usage, run.completed_at) == (None, None)


def test_a_completed_run_expires_no_more_and_has_its_usage(me: Account, clock: Clock) -> None:
    run = me.run()
    assert (run.status, run.started_at, run.completed_at) == ("completed", 1_800_000_000, 1_800_000_000)
    assert run.expires_at is None
    assert run.to_dict()["usage"] == USAGE


def test_what_a_run_wrote_is_a_message_and_a_step(me: Account, clock: Clock) -> None:
    run = me.run()
    message, _ = me.client.beta.threads.messages.list(run.thread_id).data
    assert message.to_dict() == {
        "id": message.id,
        "object": "thread.message",
        "created_at": 1_800_000_000,
        "assistant_id": run.assistant_id,
        "thread_id": run.thread_id,
        "run_id": run.id,
        "status": "completed",
        "incomplete_details": None,
        "incomplete_at": None,
        "completed_at": 1_800_000_000,
        "role": "assistant",
        "content": [{"type": "text", "text": {"value": "Hello world", "annotations": []}}],
        "attachments": [],
        "metadata": {},
    }
    (step,) = me.steps(run)
    assert re.fullmatch(r"step_[0-9A-Za-z]{24}", step.id)
    assert step.to_dict() == {
        "id": step.id,
        "object": "thread.run.step",
        "created_at": 1_800_000_000,
        "run_id": run.id,
        "assistant_id": run.assistant_id,
        "thread_id": run.thread_id,
        "type": "message_creation",
        "status": "completed",
        "cancelled_at": None,
        "completed_at": 1_800_000_000,
        "expired_at": None,
        "expires_at": None,
        "failed_at": None,
        "last_error": None,
        "step_details": {"type": "message_creation", "message_creation": {"message_id": message.id}},
        "metadata": {},
        "usage": USAGE,
    }
    steps = me.client.beta.threads.runs.steps
    assert steps.retrieve(step.id, thread_id=run.thread_id, run_id=run.id) == step


def test_a_thread_has_one_active_run_at_most(me: Account) -> None:
    run = me.held()
    words = f"Thread {run.thread_id} already has an active run {run.id}."
    body = {"assistant_id": run.assistant_id}
    assert me.error("POST", f"threads/{run.thread_id}/runs", json=body) == (400, words)
    assert me.error("POST", f"threads/{run.thread_id}/runs", json=body | {"stream": True}) == (400, words)
    me.upstream.release()
    me.finished(run)
    again = me.client.beta.threads.runs.create(run.thread_id, assistant_id=run.assistant_id)
    assert me.finished(again).status == "completed"


def test_a_refused_run_leaves_no_additional_message(me: Account) -> None:
    run = me.held()
    added = [{"role": "user", "content": "Also"}]
    body = {"assistant_id": run.assistant_id, "additional_messages": added}
    assert me.error("POST", f"threads/{run.thread_id}/runs", json=body)[0] == 400
    assert len(me.client.beta.threads.messages.list(run.thread_id).data) == 2


def test_runs_of_two_threads_are_active_at_once(me: Account) -> None:
    assert me.held().thread_id != me.held().thread_id


def test_a_runs_metadata_can_be_replaced(client: OpenAI, me: Account) -> None:
    run = me.run(metadata={"a": "1"})
    changed = client.beta.threads.runs.update(run.id, thread_id=run.thread_id, metadata={"b": "2"})
    assert changed.to_dict() == run.to_dict() | {"metadata": {"b": "2"}}
    assert me.again(run) == changed
    emptied = me.http.post(f"threads/{run.thread_id}/runs/{run.id}", json={"metadata": None}).json()
    assert emptied["metadata"] == {}
    refused = me.error("POST", f"threads/{run.thread_id}/runs/{run.id}", json={"status": "queued"})
    assert refused == (400, "Unknown parameter: 'status'.")


def test_metadata_changed_while_a_run_is_active_stays(client: OpenAI, me: Account) -> None:
    run = me.held()
    client.beta.threads.runs.update(run.id, thread_id=run.thread_id, metadata={"b": "2"})
    me.upstream.release()
    ended = me.finished(run)
    assert (ended.status, ended.metadata, ended.to_dict()["usage"]) == ("completed", {"b": "2"}, USAGE)


def test_a_run_of_another_thread_is_not_found(me: Account) -> None:
    run, thread = me.run(), me.thread()
    words = f"No run found with id '{run.id}'."
    place = f"threads/{thread.id}/runs/{run.id}"
    assert me.error("GET", place) == (404, words)
    assert me.error("GET", f"{place}/events") == (404, words)
    assert me.error("GET", f"{place}/steps") == (404, words)
    assert me.error("POST", f"{place}/cancel") == (404, words)
    outputs: dict[str, Any] = {"tool_outputs": []}
    assert me.error("POST", f"{place}/submit_tool_outputs", json=outputs) == (404, words)


def test_an_id_of_another_kind_is_told_apart_from_one_that_is_not_there(me: Account) -> None:
    thread = me.thread()
    kind = f"Invalid 'thread_id': '{'asst_1'}'. Expected an ID that begins with 'thread'."
    assert me.error("GET", "threads/asst_1") == (400, kind)
    body = {"assistant_id": thread.id}
    status, message = me.error("POST", f"threads/{thread.id}/runs", json=body)
    assert (status, message.partition(":")[0]) == (400, "Invalid 'assistant_id'")
    body = {"assistant_id": "asst_nobody"}
    nobody = (404, "No assistant found with id 'asst_nobody'.")
    assert me.error("POST", f"threads/{thread.id}/runs", json=body) == nobody
    assert me.error("POST", "threads/runs", json=body) == nobody
    assert me.error("POST", "threads/thread_none/runs", json={"assistant_id": me.assistant().id}) == (
        404,
        "No thread found with id 'thread_none'.",
    )


def test_a_thread_and_its_run_are_made_together_or_not_at_all(
    me: Account, upstream: ScriptedUpstream
) -> None:
    assistant = me.assistant()
    run = me.client.beta.threads.create_and_run(
        assistant_id=assistant.id,
        thread={"messages": [{"role": "user", "content": "Hi"}], "metadata": {"a": "1"}},
        instructions="Shout.",
        metadata={"b": "2"},
    )
    assert me.finished(run).status == "completed"
    assert me.client.beta.threads.retrieve(run.thread_id).metadata == {"a": "1"}
    assert (run.metadata, run.instructions) == ({"b": "2"}, "Shout.")
    assert [m["content"] for m in upstream.requests[0].json["messages"]] == ["Shout.", "Hi"]
    with pytest.raises(openai.BadRequestError):
        me.client.beta.threads.create_and_run(
            assistant_id=assistant.id, thread={"messages": []}, tools=[], tool_choice="required"
        )


def test_a_thread_needs_no_message_to_be_run(me: Account, upstream: ScriptedUpstream) -> None:
    run = me.client.beta.threads.create_and_run(assistant_id=me.assistant(instructions="Greet.").id)
    assert me.finished(run).status == "completed"
    assert [m["role"] for m in upstream.requests[0].json["messages"]] == ["system"]


def test_usage_adds_up_over_steps(me: Account, upstream: ScriptedUpstream) -> None:
    details: dict[str, Any] = {
        "prompt_tokens_details": {"cached_tokens": 3},
        "completion_tokens_details": {"reasoning_tokens": 2},
    }
    usage = {"prompt_tokens": 20, "completion_tokens": 5, "total_tokens": 25} | details
    waiting = me.waiting()
    upstream.play(Script(usage=usage))
    run = me.answered(waiting)
    assert [step.usage.total_tokens if step.usage else None for step in me.steps(run)] == [18, 25]
    assert run.to_dict()["usage"] == {
        "prompt_tokens": 31,
        "completion_tokens": 12,
        "total_tokens": 43,
        "prompt_token_details": {"cached_tokens": 3},
        "completion_tokens_details": {"reasoning_tokens": 2},
    }


def test_a_usage_that_was_not_told_is_unknown_not_zero(me: Account, upstream: ScriptedUpstream) -> None:
    upstream.play(Script(usage=None))
    run = me.run()
    assert (run.status, run.usage) == ("completed", None)


def test_an_answer_without_a_word_is_an_empty_message(me: Account, upstream: ScriptedUpstream) -> None:
    upstream.play(Script(text=()))
    run = me.run()
    assert run.status == "completed"
    message = me.client.beta.threads.messages.list(run.thread_id).data[0]
    assert (message.run_id, message.status, message.content) == (run.id, "completed", [])


def test_a_refusal_is_content_of_its_own_kind(me: Account, upstream: ScriptedUpstream) -> None:
    upstream.play(Script(deltas=({"refusal": "I will"}, {"refusal": " not."})))
    run = me.run()
    message = me.client.beta.threads.messages.list(run.thread_id).data[0]
    assert [part.to_dict() for part in message.content] == [{"type": "refusal", "refusal": "I will not."}]
    deltas = [e.data["delta"]["content"] for e in me.events(run) if e.name == "thread.message.delta"]
    assert deltas == [[{"index": 0, "type": "refusal", "refusal": words}] for words in ("I will", " not.")]
    me.run(me.client.beta.threads.retrieve(run.thread_id))
    assert upstream.requests[-1].json["messages"][-1] == {"role": "assistant", "content": "I will not."}


def test_an_assistant_deleted_meanwhile_does_not_disturb_its_run(me: Account) -> None:
    run = me.held()
    me.client.beta.assistants.delete(run.assistant_id)
    me.upstream.release()
    assert me.finished(run).status == "completed"


def test_a_message_that_is_being_written_cannot_be_deleted_others_can(me: Account) -> None:
    run = me.held()
    writing, said = me.client.beta.threads.messages.list(run.thread_id).data
    refused = me.error("DELETE", f"threads/{run.thread_id}/messages/{writing.id}")
    assert refused == (400, f"Can't delete message {writing.id} while run {run.id} is writing it.")
    me.client.beta.threads.messages.delete(said.id, thread_id=run.thread_id)
    me.upstream.release()
    assert me.finished(run).status == "completed"
    assert me.texts(run) == ["Hello world"]


def test_a_thread_deleted_during_its_run_stops_the_model(me: Account, upstream: ScriptedUpstream) -> None:
    run = me.held()
    me.client.beta.threads.delete(run.thread_id)
    assert upstream.client_left.wait(2)
    with pytest.raises(openai.NotFoundError):
        me.again(run)


def test_a_thread_whose_run_is_cancelling_can_be_deleted(me: Account, upstream: ScriptedUpstream) -> None:
    run = me.held()
    me.client.beta.threads.runs.cancel(run.id, thread_id=run.thread_id)
    assert me.client.beta.threads.delete(run.thread_id).deleted


def test_what_a_run_has_written_is_kept_while_it_writes(me: Account, upstream: ScriptedUpstream) -> None:
    run = me.held()
    until(lambda: me.texts(run) == ["Hello"])
