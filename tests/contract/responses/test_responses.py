"""Text answers: what the wire says of them, and how they follow each other."""

from __future__ import annotations

import base64

import openai
import pytest
from openai import OpenAI
from pydantic import BaseModel

from tests.contract.responses.talk import WEATHER, ask, events, final, kinds, play, said
from tests.support.assistants import KETTLE, MODEL, PARIS, Account
from tests.support.upstream import USAGE, Script, ScriptedUpstream, broken, rate_limited

TEXT = [
    "created",
    "in_progress",
    "output_item.added",
    "content_part.added",
    "output_text.delta",
    "output_text.done",
    "content_part.done",
    "output_item.done",
    "completed",
]


def test_an_answer(me: Account, upstream: ScriptedUpstream) -> None:
    response = ask(me, "Hi", instructions="Be brief.", metadata={"a": "b"})
    assert (response.status, response.output_text) == ("completed", "Hello world")
    assert response.id.startswith("resp_")
    assert (response.output[0].id or "").startswith("msg_")
    assert response.usage is not None
    assert response.usage.input_tokens == USAGE["prompt_tokens"]
    assert response.usage.total_tokens == USAGE["total_tokens"]
    assert said(upstream) == [("system", "Be brief."), ("user", "Hi")]
    assert me.client.responses.retrieve(response.id).to_dict() == response.to_dict()


def test_its_events_come_in_their_order_and_are_numbered(me: Account) -> None:
    told = events(me, "Hi")
    assert kinds(told) == TEXT
    assert final(told).output_text == "Hello world"
    assert me.client.responses.retrieve(final(told).id).to_dict() == final(told).to_dict()


def test_the_stream_is_events_and_nothing_else(me: Account) -> None:
    body = {"model": MODEL, "input": "Hi", "stream": True}
    raw = me.http.post("responses", json=body).text
    for event in raw.removesuffix("\n\n").split("\n\n"):
        name, data = event.split("\n")
        assert name.startswith("event: response.") and data.startswith("data: {")


def test_one_follows_another_without_its_instructions(me: Account, upstream: ScriptedUpstream) -> None:
    first = ask(me, "My name is Ada.", instructions="Be brief.")
    second = ask(me, "And I live in Rome.", previous_response_id=first.id)
    third = ask(me, "Who am I?", previous_response_id=second.id, instructions="Be kind.")
    assert third.previous_response_id == second.id
    assert said(upstream) == [
        ("system", "Be kind."),
        ("user", "My name is Ada."),
        ("assistant", "Hello world"),
        ("user", "And I live in Rome."),
        ("assistant", "Hello world"),
        ("user", "Who am I?"),
    ]
    listed = me.client.responses.input_items.list(third.id, order="asc").data
    assert [item.role for item in listed] == ["user", "assistant", "user", "assistant", "user"]  # type: ignore[union-attr]


def test_two_may_follow_the_same(me: Account, upstream: ScriptedUpstream) -> None:
    first = ask(me, "One")
    ask(me, "Two", previous_response_id=first.id)
    ask(me, "Other", previous_response_id=first.id)
    assert [content for _, content in said(upstream)] == ["One", "Hello world", "Other"]


def test_what_is_not_stored_leaves_nothing(me: Account, shared: object) -> None:
    response = ask(me, "Hi", store=False)
    assert response.output_text == "Hello world"
    with pytest.raises(openai.NotFoundError):
        me.client.responses.retrieve(response.id)
    with pytest.raises(openai.BadRequestError) as refused:
        ask(me, "And?", previous_response_id=response.id)
    assert refused.value.code == "previous_response_not_found"


def test_a_client_may_keep_the_history_itself(me: Account, upstream: ScriptedUpstream) -> None:
    first = ask(me, "Hi", store=False)
    history = [{"role": "user", "content": "Hi"}, *(item.to_dict() for item in first.output)]
    ask(me, [*history, {"role": "user", "content": "Again"}], store=False)
    assert said(upstream) == [("user", "Hi"), ("assistant", "Hello world"), ("user", "Again")]


def test_an_item_may_be_named_by_its_id(me: Account, upstream: ScriptedUpstream) -> None:
    first = ask(me, "Hi")
    ask(me, [{"type": "item_reference", "id": first.output[0].id}, {"role": "user", "content": "Again"}])
    assert said(upstream) == [("assistant", "Hello world"), ("user", "Again")]


def test_a_deleted_one_is_gone_and_is_not_told_again(me: Account, upstream: ScriptedUpstream) -> None:
    first = ask(me, "Secret")
    second = ask(me, "Two", previous_response_id=first.id)
    me.client.responses.delete(first.id)
    with pytest.raises(openai.NotFoundError):
        me.client.responses.retrieve(first.id)
    ask(me, "Three", previous_response_id=second.id)
    assert "Secret" not in str(said(upstream))


def test_limits_and_formats_reach_the_model(me: Account, upstream: ScriptedUpstream) -> None:
    schema = {"type": "object", "properties": {"a": {"type": "string"}}, "additionalProperties": False}
    form = {"type": "json_schema", "name": "thing", "schema": schema, "strict": True}
    ask(me, "Hi", max_output_tokens=50, temperature=0.5, text={"format": form, "verbosity": "low"})
    sent = upstream.requests[-1].json
    assert sent["temperature"] == 0.5 and sent["verbosity"] == "low"
    assert sent.get("max_completion_tokens", sent.get("max_tokens")) == 50
    described = {"name": "thing", "schema": schema, "strict": True}
    assert sent["response_format"] == {"type": "json_schema", "json_schema": described}


@pytest.mark.parametrize(
    ("reason", "told"), [("length", "max_output_tokens"), ("content_filter", "content_filter")]
)
def test_an_answer_that_is_cut_off_is_incomplete(me: Account, reason: str, told: str) -> None:
    play(me, Script(finish_reason=reason))
    response = final(stream := events(me, "Hi"))
    assert kinds(stream)[-3:] == ["content_part.done", "output_item.done", "incomplete"]
    assert (response.status, response.output_text) == ("incomplete", "Hello world")
    assert response.incomplete_details is not None and response.incomplete_details.reason == told
    assert response.output[0].status == "incomplete"  # type: ignore[union-attr]


def test_a_refusal_is_told_as_one(me: Account) -> None:
    play(me, Script(deltas=({"refusal": "I "}, {"refusal": "won't."})))
    told = events(me, "Hi")
    assert kinds(told)[3:7] == ["content_part.added", "refusal.delta", "refusal.done", "content_part.done"]
    assert final(told).output[0].to_dict()["content"] == [{"type": "refusal", "refusal": "I won't."}]


@pytest.mark.parametrize("stream", [False, True])
def test_a_refused_request_gets_its_own_status_and_leaves_nothing(me: Account, stream: bool) -> None:
    play(me, rate_limited())
    with pytest.raises(openai.RateLimitError):
        ask(me, "Hi", stream=stream)
    play(me, broken())
    with pytest.raises(openai.InternalServerError):
        ask(me, "Hi", stream=stream)


def test_an_upstream_that_breaks_off_fails_the_response_and_what_came_is_kept(me: Account) -> None:
    play(me, Script(cut_after=2))
    told = events(me, "Hi")
    assert kinds(told)[-1] == "failed"
    assert final(told).error is not None and final(told).error.code == "server_error"  # type: ignore[union-attr]
    kept = me.client.responses.retrieve(final(told).id)
    assert (kept.status, kept.output_text) == ("failed", "Hello")


def test_a_long_talk_is_cut_where_that_is_wanted(me: Account, upstream: ScriptedUpstream) -> None:
    long = [{"role": "user", "content": f"{n} " + "word " * 60_000} for n in range(20)]
    ask(me, [*long, {"role": "user", "content": "Last"}], truncation="auto", instructions="Be brief.")
    sent = said(upstream)
    assert sent[0] == ("system", "Be brief.") and sent[-1] == ("user", "Last")
    assert 2 < len(sent) < 22


def test_a_file_is_read_for_the_model(me: Account, upstream: ScriptedUpstream) -> None:
    file = me.client.files.create(file=("kettle.txt", KETTLE), purpose="user_data")
    data = f"data:text/csv;base64,{base64.b64encode(b'city,sales').decode()}"
    parts = [
        {"type": "input_file", "file_id": file.id},
        {"type": "input_file", "file_data": data, "filename": "sales.csv"},
        {"type": "input_text", "text": "How long?"},
    ]
    first = ask(me, [{"role": "user", "content": parts}])
    told = said(upstream)[0][1]
    assert KETTLE.decode() in told and "[File sales.csv]\ncity; sales" in told and told.endswith("How long?")
    me.client.files.delete(file.id)
    ask(me, "Sure?", previous_response_id=first.id)
    told = said(upstream)[0][1]
    assert KETTLE.decode() not in told and "city; sales" in told
    with pytest.raises(openai.NotFoundError):
        ask(me, [{"role": "user", "content": parts[:1]}])


class Capital(BaseModel):
    """An answer with a shape."""

    city: str


def test_the_helpers_of_the_sdk_understand_it(me: Account) -> None:
    play(me, Script(text=('{"city": ', '"Paris"}')), Script(text=('{"city": ', '"Rome"}')))
    parsed = me.client.responses.parse(model=MODEL, input="Capital?", text_format=Capital)
    assert parsed.output_parsed == Capital(city="Paris")
    with me.client.responses.stream(model=MODEL, input="Capital?", text_format=Capital) as stream:
        kinds_told = {event.type for event in stream}
        assert stream.get_final_response().output_parsed == Capital(city="Rome")
    assert {"response.output_text.delta", "response.completed"} <= kinds_told


def test_blanks_before_a_call_are_no_message(me: Account) -> None:
    play(me, Script(before=("\n\n", " "), tool_calls=(PARIS,)))
    assert [item.type for item in ask(me, "Weather?", tools=[WEATHER]).output] == ["function_call"]
    play(me, Script(text=("\n", "Hi", " ", "there ")))
    assert ask(me, "Hi").output_text == "\nHi there "


def test_tokens_are_counted_without_an_answer(client: OpenAI) -> None:
    few = client.responses.input_tokens.count(model=MODEL, input="Hi").input_tokens
    many = client.responses.input_tokens.count(model=MODEL, input="Hi " * 100).input_tokens
    assert 0 < few < many


def test_a_talk_is_compacted_to_an_item(me: Account, upstream: ScriptedUpstream) -> None:
    first = ask(me, "My name is Ada.")
    play(me, Script(text=("The person is Ada.",)))
    short = me.client.responses.compact(model=MODEL, previous_response_id=first.id)
    assert [item.type for item in short.output] == ["compaction"]
    ask(me, [*(item.to_dict() for item in short.output), {"role": "user", "content": "Who am I?"}])
    assert "The person is Ada." in said(upstream)[0][1]


def test_the_answer_of_another_is_not_there(me: Account, other: Account) -> None:
    mine = ask(me, "Secret")
    theirs = other.client.responses
    with pytest.raises(openai.NotFoundError):
        theirs.retrieve(mine.id)
    with pytest.raises(openai.NotFoundError):
        theirs.delete(mine.id)
    with pytest.raises(openai.NotFoundError):
        theirs.input_items.list(mine.id)
    with pytest.raises(openai.BadRequestError):
        ask(other, "And?", previous_response_id=mine.id)
    with pytest.raises(openai.NotFoundError):
        ask(other, [{"type": "item_reference", "id": mine.output[0].id}])
    assert me.client.responses.retrieve(mine.id).output_text == "Hello world"
