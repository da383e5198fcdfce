"""A streamed run goes on when its client leaves, and can be joined again from any event without missing one."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from services.server.runs.service import RunService
from tests.support.assistants import FUNCTION, PARIS, Account, Event, names, until
from tests.support.upstream import Script


def left_in_the_middle(me: Account) -> tuple[Any, list[str]]:
    """A run whose streaming client left after its first word, with the ids of the events it had seen."""
    me.upstream.play(Script(text=("a", "b", "c", "d"), hold_after=3))
    body = {"assistant_id": me.assistant().id, "stream": True}
    seen: list[str] = []
    run: Any = None
    with me.http.stream("POST", f"threads/{me.thread('Hi').id}/runs", json=body) as answer:
        for line in answer.iter_lines():
            if line.startswith("id: "):
                seen.append(line.removeprefix("id: "))
            if line.startswith("data: ") and run is None:
                run = me.client.beta.threads.runs.retrieve(**ids_in(line))
            if line == "event: thread.message.delta":
                break
    return run, seen


def ids_in(line: str) -> Any:
    import json

    run = json.loads(line.removeprefix("data: "))
    return {"run_id": run["id"], "thread_id": run["thread_id"]}


def keys(events: list[Event]) -> list[tuple[str, str | None]]:
    return [(event.name, event.id) for event in events]


def test_a_run_goes_on_when_its_client_leaves(me: Account) -> None:
    run, _ = left_in_the_middle(me)
    me.upstream.release()
    until(lambda: me.again(run).status == "completed")
    assert me.texts(run) == ["abcd"]
    assert not me.upstream.client_left.is_set()


def test_who_joins_again_misses_nothing_and_sees_nothing_twice(me: Account) -> None:
    run, seen = left_in_the_middle(me)
    me.upstream.release()
    rest = me.events(run, after=seen[-1])
    whole = me.events(run)
    assert [event.id for event in whole] == [*seen, *[event.id for event in rest]]
    assert len({event.id for event in whole}) == len(whole)
    assert names(whole)[-1] == "thread.run.completed"


def test_the_place_can_be_given_in_the_query_too(me: Account) -> None:
    run = me.run()
    whole = me.events(run)
    answer = me.http.get(f"threads/{run.thread_id}/runs/{run.id}/events", params={"after": whole[4].id})
    assert f"id: {whole[4].id}\n" not in answer.text
    assert f"id: {whole[5].id}\n" in answer.text


def test_every_place_can_be_joined_from(me: Account) -> None:
    run = me.run()
    whole = me.events(run)
    for number, event in enumerate(whole, 1):
        assert keys(me.events(run, after=event.id)) == keys(whole[number:])


def test_two_readers_at_once_get_the_same(me: Account) -> None:
    run, seen = left_in_the_middle(me)
    with ThreadPoolExecutor(3) as readers:
        reading = [readers.submit(me.events, run, after) for after in (None, None, seen[2])]
        me.upstream.release()
        first, second, late = (reader.result() for reader in reading)
    assert keys(first) == keys(second)
    assert keys(late) == keys(first[3:])


def test_a_reader_who_leaves_takes_nothing_from_another(me: Account) -> None:
    run, _ = left_in_the_middle(me)
    with me.http.stream("GET", f"threads/{run.thread_id}/runs/{run.id}/events") as answer:
        next(answer.iter_lines())
    me.upstream.release()
    assert names(me.events(run))[-1] == "thread.run.completed"


def test_an_id_of_nowhere_tells_everything(me: Account) -> None:
    run = me.run()
    whole = me.events(run)
    name = str(whole[0].id).partition("-")[0]
    for place in ("7", "x", "00000000-3", f"{name}-x", f"{name}--1", "é"):
        answer = me.http.get(f"threads/{run.thread_id}/runs/{run.id}/events", params={"after": place})
        assert answer.text.count("event: ") == len(whole) + 1, place


def test_an_id_beyond_the_end_tells_nothing_and_ends(me: Account) -> None:
    run = me.run()
    name = str(me.events(run)[0].id).partition("-")[0]
    assert me.events(run, after=f"{name}-9999") == []


def test_after_a_restart_the_record_tells_what_came_of_it(start_service: Any) -> None:
    with start_service() as service:
        me = service.account()
        run = me.run()
        told = me.events(run)
    with start_service() as service:
        again = service.account_of(0)
        events = again.events(run, after=told[3].id)
        assert names(events) == [
            "thread.run.step.created",
            "thread.message.created",
            "thread.message.completed",
            "thread.run.step.completed",
            "thread.run.completed",
        ]
        by_name = {event.name: event.data for event in told}
        for event in events[2:]:
            assert event.data | {"expires_at": None} == by_name[event.name] | {"expires_at": None}


def test_a_run_that_waits_survives_a_restart_and_who_joins_again_misses_nothing(start_service: Any) -> None:
    with start_service() as service:
        me = service.account()
        me.upstream.play(Script(before=("Wait.",), tool_calls=(PARIS,)))
        waiting = me.run(assistant=me.assistant(tools=[FUNCTION]))
        seen = me.events(waiting)[2].id
        assert waiting.status == "requires_action"
    with start_service() as service:
        me = service.account_of(0)
        assert me.again(waiting) == waiting
        assert names(me.events(waiting))[-1] == "thread.run.requires_action"
        run = me.answered(waiting)
        assert (run.status, me.texts(run)) == ("completed", ["Wait.", "Hello world"])
        for after in (None, seen):
            events = me.events(run, after)
            written = [e.data["id"] for e in events if e.name == "thread.message.completed"]
            assert written == [message.id for message in me.written(run)]
            assert [e.data["id"] for e in events if e.name == "thread.run.step.completed"] == [
                step.id for step in me.steps(run)
            ]


def test_outputs_streamed_after_a_restart_begin_with_what_they_do(start_service: Any) -> None:
    with start_service() as service:
        waiting = service.account().waiting()
    with start_service() as service:
        me = service.account_of(0)
        stream = me.client.beta.threads.runs.submit_tool_outputs(
            waiting.id, thread_id=waiting.thread_id, tool_outputs=me.outputs(waiting), stream=True
        )
        assert names(stream)[:3] == [
            "thread.run.step.completed",
            "thread.run.queued",
            "thread.run.in_progress",
        ]


def test_a_run_at_work_when_the_server_stops_fails_with_a_word(start_service: Any) -> None:
    with start_service() as service:
        run = service.account().held()
    with start_service() as service:
        me = service.account_of(0)
        ended = me.again(run)
        assert ended.status == "failed"
        assert "was stopped" in ended.last_error.message
        assert me.texts(run) == ["Hello"]
        assert me.run(me.client.beta.threads.retrieve(run.thread_id)).status == "completed"


def test_a_run_that_ends_while_it_is_joined_is_told_to_its_end(
    me: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    run, _ = left_in_the_middle(me)
    retrieve = RunService.retrieve

    async def slowly(self: Any, owner: str, thread_id: str, run_id: str) -> Any:
        found = await retrieve(self, owner, thread_id, run_id)
        me.upstream.release()
        while not self._executor.logs.get(run_id).is_paused:
            await asyncio.sleep(0.01)
        return found

    monkeypatch.setattr(RunService, "retrieve", slowly)
    told = names(me.events(run))
    assert (told[0], told[-1]) == ("thread.run.created", "thread.run.completed")
