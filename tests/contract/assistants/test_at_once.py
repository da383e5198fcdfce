"""Many at the same time: each event once and in order, and one winner where there can be only one."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

from tests.support.assistants import Account, Event, names, parsed, until
from tests.support.upstream import Script, ScriptedUpstream

MANY = 30


def at_once(number: int, act: Callable[[int], Any]) -> list[Any]:
    """What each of so many threads got, all of which began at the same moment."""
    start = Barrier(number)

    def begin(index: int) -> Any:
        start.wait(20)
        return act(index)

    with ThreadPoolExecutor(number) as pool:
        return list(pool.map(begin, range(number)))


def echoing(request: dict[str, Any]) -> Script:
    """Says the last message, in ten pieces."""
    said = request["messages"][-1]["content"]
    return Script(text=tuple(f"{said}.{piece} " for piece in range(10)))


def test_thirty_streams_at_once_get_every_event_once_and_in_order(
    me: Account, upstream: ScriptedUpstream
) -> None:
    upstream.by_request = echoing
    assistant = me.assistant()
    threads = [me.thread(f"n{number}") for number in range(MANY)]

    def stream(number: int) -> list[Event]:
        body = {"assistant_id": assistant.id, "stream": True}
        return list(parsed(me.http.post(f"threads/{threads[number].id}/runs", json=body).text))

    for number, events in enumerate(at_once(MANY, stream)):
        numbers = [int(str(event.id).partition("-")[2]) for event in events]
        assert numbers == list(range(1, len(events) + 1))
        assert names(events)[-3:] == [
            "thread.message.completed",
            "thread.run.step.completed",
            "thread.run.completed",
        ]
        deltas = [e.data["delta"]["content"][0]["text"] for e in events if e.name == "thread.message.delta"]
        assert [delta["value"] for delta in deltas] == [f"n{number}.{piece} " for piece in range(10)]
        ids = {e.data["id"] for e in events if e.data["object"] == "thread.run"}
        assert len(ids) == 1


def test_of_two_runs_started_at_once_exactly_one_wins(me: Account) -> None:
    assistant = me.assistant()
    for _ in range(5):
        thread = me.thread("Hi")
        me.upstream.play(Script(hold_after=1))
        body = {"assistant_id": assistant.id}
        path = f"threads/{thread.id}/runs"
        answers = at_once(2, lambda _, path=path, body=body: me.http.post(path, json=body))
        assert sorted(answer.status_code for answer in answers) == [200, 400]
        lost = next(answer for answer in answers if answer.status_code == 400)
        (run,) = me.client.beta.threads.runs.list(thread.id).data
        words = f"Thread {thread.id} already has an active run {run.id}."
        assert lost.json()["error"]["message"] == words
        me.upstream.release()
        assert me.finished(run).status == "completed"


def test_a_message_and_a_run_at_once_come_one_after_the_other(
    me: Account, upstream: ScriptedUpstream
) -> None:
    """Either the message was there when the model was asked, or it was refused."""
    assistant = me.assistant()
    for _ in range(5):
        thread = me.thread("Hi")
        requests = (
            (f"threads/{thread.id}/runs", {"assistant_id": assistant.id}),
            (f"threads/{thread.id}/messages", {"role": "user", "content": "Also"}),
        )
        run, message = at_once(2, lambda i, r=requests: me.http.post(r[i][0], json=r[i][1]))
        assert run.status_code == 200
        me.events(me.client.beta.threads.runs.list(thread.id).data[0])
        told = [m["content"] for m in upstream.requests[-1].json["messages"]]
        asked_before = message.status_code == 200 and told == ["Hi", "Also"]
        came_after = message.status_code == 200 and told == ["Hi"] and is_behind(me, thread.id)
        assert asked_before or came_after or message.status_code == 400, (message.text, told)


def is_behind(me: Account, thread_id: str) -> bool:
    """Whether the newest message is the person's: it came when the run had ended."""
    return me.client.beta.threads.messages.list(thread_id).data[0].role == "user"


def test_of_two_answers_to_a_waiting_run_exactly_one_is_taken(me: Account) -> None:
    for _ in range(5):
        waiting = me.waiting()
        path = f"threads/{waiting.thread_id}/runs/{waiting.id}/submit_tool_outputs"
        body = {"tool_outputs": me.outputs(waiting)}
        answers = at_once(2, lambda _, path=path, body=body: me.http.post(path, json=body))
        assert sorted(answer.status_code for answer in answers) == [200, 400]
        run = me.finished(waiting)
        assert (run.status, me.texts(run)) == ("completed", ["Hello world"])


def test_of_two_cancellations_exactly_one_is_taken(me: Account) -> None:
    for _ in range(5):
        run = me.held()
        path = f"threads/{run.thread_id}/runs/{run.id}/cancel"
        answers = at_once(2, lambda _, path=path: me.http.post(path))
        assert sorted(answer.status_code for answer in answers) == [200, 400]
        assert me.finished(run).status == "cancelled"


def test_cancelling_while_a_run_ends_leaves_one_of_both(me: Account) -> None:
    for _ in range(10):
        run = me.held()
        path = f"threads/{run.thread_id}/runs/{run.id}/cancel"
        acts = (me.upstream.release, lambda path=path: me.http.post(path))
        _, answer = at_once(2, lambda i, acts=acts: acts[i]())
        ended = me.finished(run)
        assert ended.status == ("cancelled" if answer.status_code == 200 else "completed")
        assert names(me.events(run))[-1] == f"thread.run.{ended.status}"
        told = [event.name for event in me.events(run)]
        assert len([name for name in told if name in ("thread.run.cancelled", "thread.run.completed")]) == 1
        (message,) = me.written(run)
        assert message.status == ("incomplete" if ended.status == "cancelled" else "completed")


def test_cancelling_and_answering_at_once_leaves_a_run_that_ends(me: Account) -> None:
    for _ in range(5):
        waiting = me.waiting()
        path = f"threads/{waiting.thread_id}/runs/{waiting.id}"
        body = {"tool_outputs": me.outputs(waiting)}
        acts = (
            lambda path=path: me.http.post(f"{path}/cancel"),
            lambda path=path, body=body: me.http.post(f"{path}/submit_tool_outputs", json=body),
        )
        cancelled, submitted = at_once(2, lambda i, acts=acts: acts[i]())
        run = until(lambda r=waiting: ended(me, r))
        assert {cancelled.status_code, submitted.status_code} <= {200, 400}
        assert run.status == ("cancelled" if cancelled.status_code == 200 else "completed")


def ended(me: Account, run: Any) -> Any:
    now = me.again(run)
    return now if now.status in ("cancelled", "completed", "failed") else None


def test_metadata_changed_at_any_moment_loses_nothing_of_the_run(
    me: Account, upstream: ScriptedUpstream
) -> None:
    upstream.by_request = echoing
    assistant = me.assistant()
    for _ in range(3):
        run = me.start(me.thread("Hi"), assistant)
        path = f"threads/{run.thread_id}/runs/{run.id}"
        for number in range(10):
            me.http.post(path, json={"metadata": {"n": str(number)}})
        done = me.finished(run)
        assert (done.status, done.metadata, done.required_action) == ("completed", {"n": "9"}, None)
        assert done.usage is not None
        assert done.completed_at is not None


def test_metadata_of_a_message_changed_while_it_is_written_loses_no_word(
    me: Account, upstream: ScriptedUpstream
) -> None:
    run = me.held()
    (message,) = me.written(run)
    path = f"threads/{run.thread_id}/messages/{message.id}"
    acts = (me.upstream.release, lambda: me.http.post(path, json={"metadata": {"a": "b"}}))
    at_once(2, lambda i: acts[i]())
    me.finished(run)
    (whole,) = me.written(run)
    assert (me.texts(run), whole.metadata) == (["Hello world"], {"a": "b"})


def test_a_thread_deleted_while_its_run_begins_leaves_nothing(
    me: Account, upstream: ScriptedUpstream
) -> None:
    assistant = me.assistant()
    for _ in range(5):
        run = me.start(me.thread("Hi"), assistant)
        assert me.http.delete(f"threads/{run.thread_id}").status_code == 200
        assert me.error("GET", f"threads/{run.thread_id}/runs/{run.id}")[0] == 404
