"""Responses in the background go on without their client; others end with it. Both can be followed again."""

from __future__ import annotations

from typing import Any

import openai
import pytest
from openai.types.responses import Response, ResponseStreamEvent

from services.server.responses.executor import LOST
from services.server.runs.states import STALE_AFTER_S
from services.server.store import responses
from services.server.store.clock import now
from services.storage.response_tables import ResponseRow
from tests.contract.assistants.conftest import StartService
from tests.contract.responses.talk import ask, events, final, kinds, play, said
from tests.support.assistants import MODEL, PATIENCE_S, Account, Service, until
from tests.support.upstream import Script, ScriptedUpstream


def held(me: Account, **params: Any) -> tuple[Any, str, int]:
    """The stream of a response whose model has said `Hello`, and is held there; its id, and the number of that event."""
    me.upstream.holding.clear()
    play(me, Script(hold_after=2))
    stream = me.client.responses.create(model=MODEL, input="Hi", stream=True, **params)
    response_id = ""
    for event in stream:
        if event.type == "response.created":
            response_id = event.response.id
        if event.type == "response.output_text.delta":
            return stream, response_id, event.sequence_number
    raise AssertionError


def begun(me: Account) -> Response:
    """A response in the background whose model is held."""
    me.upstream.holding.clear()
    play(me, Script(hold_after=2))
    response = ask(me, "Hi", background=True)
    assert me.upstream.holding.wait(PATIENCE_S)
    return response


def ended(me: Account, response_id: str) -> Response:
    """The response once it has ended."""

    def found() -> Response | None:
        response = me.client.responses.retrieve(response_id)
        return None if response.status in ("queued", "in_progress") else response

    response = until(found)
    assert response is not None
    return response


def followed(me: Account, response_id: str, **query: Any) -> list[ResponseStreamEvent]:
    """What is told to whoever follows a response again."""
    return list(me.client.responses.retrieve(response_id, stream=True, **query))


def test_one_in_the_background_answers_at_once_and_goes_on(me: Account) -> None:
    response = begun(me)
    assert (response.status, response.background, response.output) == ("queued", True, [])
    assert me.client.responses.retrieve(response.id).status == "in_progress"
    me.upstream.release()
    assert ended(me, response.id).output_text == "Hello world"


def test_one_in_the_background_goes_on_when_its_client_leaves(me: Account) -> None:
    stream, response_id, seen = held(me, background=True)
    stream.close()
    me.upstream.release()
    assert ended(me, response_id).output_text == "Hello world"
    rest = followed(me, response_id, starting_after=seen)
    numbers = [event.sequence_number for event in rest]  # type: ignore[union-attr]
    assert numbers == list(range(seen + 1, seen + 1 + len(rest)))
    assert kinds(rest)[0] == "output_text.delta" and kinds(rest)[-1] == "completed"


def test_another_ends_when_its_client_leaves_and_keeps_what_came(
    me: Account, upstream: ScriptedUpstream
) -> None:
    stream, response_id, _ = held(me)
    upstream.client_left.clear()
    stream.close()
    assert upstream.client_left.wait(PATIENCE_S)
    then = ask(me, "Go on", previous_response_id=response_id)
    assert then.output_text == "Hello world"
    assert [content for _, content in said(upstream)] == ["Hi", "Hello", "Go on"]
    kept = me.client.responses.retrieve(response_id)
    assert (kept.status, kept.output_text) == ("cancelled", "Hello")
    assert kept.output[0].status == "incomplete"  # type: ignore[union-attr]


def test_one_that_is_written_can_be_followed_by_others(me: Account) -> None:
    stream, response_id, _ = held(me)
    again = me.client.responses.retrieve(response_id, stream=True)
    first = next(iter(again))
    assert first.type == "response.created"
    me.upstream.release()
    assert kinds(list(stream))[-1] == kinds(list(again))[-1] == "completed"


def test_one_in_the_background_is_cancelled(me: Account, upstream: ScriptedUpstream) -> None:
    response = begun(me)
    upstream.client_left.clear()
    assert me.client.responses.cancel(response.id).status == "cancelled"
    assert upstream.client_left.wait(PATIENCE_S)
    told = followed(me, response.id)
    assert (kinds(told)[-1], final(told).status) == ("incomplete", "cancelled")
    assert me.client.responses.cancel(response.id).status == "cancelled"


def test_no_other_can_be_cancelled(me: Account) -> None:
    with pytest.raises(openai.BadRequestError, match="Cannot cancel a synchronous response"):
        me.client.responses.cancel(ask(me, "Hi").id)


def test_one_that_is_deleted_stops(me: Account, upstream: ScriptedUpstream) -> None:
    response = begun(me)
    upstream.client_left.clear()
    me.client.responses.delete(response.id)
    assert upstream.client_left.wait(PATIENCE_S)
    with pytest.raises(openai.NotFoundError):
        me.client.responses.retrieve(response.id)


def test_one_that_is_still_written_cannot_be_followed_up(me: Account) -> None:
    with pytest.raises(openai.BadRequestError, match="Wait until it has ended"):
        ask(me, "And?", previous_response_id=begun(me).id)


def test_a_failure_in_the_background_is_told_by_the_response(me: Account) -> None:
    play(me, Script(status=500, body={"error": {"message": "No."}}))
    failed = ended(me, ask(me, "Hi", background=True).id)
    assert failed.status == "failed" and failed.error is not None
    with pytest.raises(openai.BadRequestError, match="is stored"):
        ask(me, "Hi", background=True, store=False)


def test_the_record_tells_what_memory_has_lost(me: Account, shared: Service) -> None:
    told = events(me, "Hi")
    shared.api.state.server.stateful.response_executor.logs.forget(final(told).id)
    again = followed(me, final(told).id)
    assert kinds(again) == ["created", "in_progress", "output_item.added", "output_item.done", "completed"]
    assert final(again).to_dict() == final(told).to_dict()
    assert kinds(followed(me, final(told).id, starting_after=1000)) == ["completed"]


def test_one_of_a_killed_process_ends_failed(me: Account, shared: Service) -> None:
    response = ask(me, "Hi", background=True)
    ended(me, response.id)

    def leave_behind(session: Any) -> None:
        row = session.query(ResponseRow).filter(ResponseRow.id == response.id).one()
        row.status, row.heartbeat_at = "in_progress", now() - STALE_AFTER_S - 5

    shared.write(leave_behind)
    lost = ended(me, response.id)
    assert lost.status == "failed" and lost.error is not None and lost.error.message == LOST
    assert lost.output_text == "Hello world"


def test_a_server_that_stops_ends_what_it_works_on(start_service: StartService) -> None:
    with start_service() as service:
        me = service.account_of(1)
        response = begun(me)
        me.close()
    with start_service() as service:
        me = service.account_of(1)
        kept = me.client.responses.retrieve(response.id)
        me.close()
        assert (kept.status, kept.output_text) == ("failed", "Hello")


def test_one_ended_by_another_process_stops_here(me: Account, shared: Service) -> None:
    response = begun(me)
    ending = {"error": None, "incomplete_details": None}
    shared.write(responses.settle, response.id, "cancelled", ending, None)
    assert me.upstream.client_left.wait(PATIENCE_S)
    assert ended(me, response.id).status == "cancelled"
