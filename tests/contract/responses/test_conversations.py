"""Conversations: kept by the server, added to by responses and by hand."""

from __future__ import annotations

import openai
import pytest
from openai import OpenAI

from tests.contract.responses.talk import WEATHER, ask, events, final, play, said
from tests.support.assistants import PARIS, Account
from tests.support.upstream import Script, ScriptedUpstream


def texts(client: OpenAI, conversation_id: str) -> list[str]:
    """What the conversation holds, oldest first."""
    items = client.conversations.items.list(conversation_id, order="asc")
    return [part.text for item in items for part in item.content]  # type: ignore[union-attr]


def test_one_is_made_changed_and_deleted(client: OpenAI) -> None:
    made = client.conversations.create(metadata={"a": "b"})
    assert made.id.startswith("conv_") and made.metadata == {"a": "b"}
    assert client.conversations.update(made.id, metadata={"c": "d"}).metadata == {"c": "d"}
    assert client.conversations.retrieve(made.id).metadata == {"c": "d"}
    assert client.conversations.delete(made.id).deleted
    with pytest.raises(openai.NotFoundError):
        client.conversations.retrieve(made.id)


def test_responses_remember_it(me: Account, upstream: ScriptedUpstream) -> None:
    talk = me.client.conversations.create(items=[{"role": "user", "content": "My name is Ada."}])
    first = ask(me, "Hi", conversation=talk.id)
    assert first.conversation is not None and first.conversation.id == talk.id
    final(events(me, "Who am I?", conversation={"id": talk.id}, instructions="Be brief."))
    assert said(upstream) == [
        ("system", "Be brief."),
        ("user", "My name is Ada."),
        ("user", "Hi"),
        ("assistant", "Hello world"),
        ("user", "Who am I?"),
    ]
    held = ["My name is Ada.", "Hi", "Hello world", "Who am I?", "Hello world"]
    assert texts(me.client, talk.id) == held


def test_what_is_not_stored_is_remembered_all_the_same(me: Account) -> None:
    talk = me.client.conversations.create()
    ask(me, "Hi", conversation=talk.id, store=False)
    assert texts(me.client, talk.id) == ["Hi", "Hello world"]


def test_what_failed_is_not_remembered(me: Account) -> None:
    talk = me.client.conversations.create()
    play(me, Script(cut_after=2))
    assert final(events(me, "Hi", conversation=talk.id)).status == "failed"
    assert texts(me.client, talk.id) == []


def test_a_call_and_its_output_are_remembered(me: Account, upstream: ScriptedUpstream) -> None:
    talk = me.client.conversations.create()
    play(me, Script(tool_calls=(PARIS,)))
    first = ask(me, "Weather?", conversation=talk.id, tools=[WEATHER])
    call_id = first.output[0].call_id  # type: ignore[union-attr]
    output = [{"type": "function_call_output", "call_id": call_id, "output": "20°"}]
    ask(me, output, conversation=talk.id, tools=[WEATHER])
    kinds = [item.type for item in me.client.conversations.items.list(talk.id, order="asc")]
    assert kinds == ["message", "function_call", "function_call_output", "message"]


def test_items_are_added_read_and_deleted(client: OpenAI) -> None:
    talk = client.conversations.create()
    items = client.conversations.items
    added = items.create(talk.id, items=[{"role": "user", "content": str(n)} for n in range(5)])
    assert (added.first_id, added.last_id) == (added.data[0].id, added.data[4].id)
    assert [item.id for item in items.list(talk.id)] == [item.id for item in reversed(added.data)]
    page = items.list(talk.id, limit=2, order="asc", after=added.data[1].id or "")
    assert [item.id for item in page.data] == [added.data[2].id, added.data[3].id] and page.has_more
    wanted = added.data[2].id or ""
    assert items.retrieve(wanted, conversation_id=talk.id).id == wanted
    assert items.delete(wanted, conversation_id=talk.id).id == talk.id
    assert texts(client, talk.id) == ["0", "1", "3", "4"]
    with pytest.raises(openai.NotFoundError):
        items.retrieve(wanted, conversation_id=talk.id)


def test_it_and_its_responses_are_deleted_apart(me: Account, upstream: ScriptedUpstream) -> None:
    talk = me.client.conversations.create()
    first = ask(me, "One", conversation=talk.id)
    second = ask(me, "Two", conversation=talk.id)
    me.client.responses.delete(first.id)
    assert texts(me.client, talk.id) == ["One", "Hello world", "Two", "Hello world"]
    me.client.conversations.delete(talk.id)
    assert me.client.responses.retrieve(second.id).output_text == "Hello world"
    with pytest.raises(openai.NotFoundError):
        ask(me, "Three", conversation=talk.id)


def test_a_response_in_it_may_be_followed_outside_of_it(me: Account, upstream: ScriptedUpstream) -> None:
    talk = me.client.conversations.create(items=[{"role": "user", "content": "Zero"}])
    first = ask(me, "One", conversation=talk.id)
    ask(me, "Two", conversation=talk.id)
    ask(me, "Other", previous_response_id=first.id)
    assert [content for _, content in said(upstream)] == ["Zero", "One", "Hello world", "Other"]


def test_both_memories_at_once_are_too_much(me: Account) -> None:
    talk, first = me.client.conversations.create(), ask(me, "Hi")
    with pytest.raises(openai.BadRequestError, match="Mutually exclusive"):
        ask(me, "Hi", conversation=talk.id, previous_response_id=first.id)


def test_those_of_others_are_not_there(me: Account, other: Account) -> None:
    talk = me.client.conversations.create(items=[{"role": "user", "content": "Secret"}])
    item = me.client.conversations.items.list(talk.id).data[0]
    theirs = other.client.conversations
    with pytest.raises(openai.NotFoundError):
        theirs.retrieve(talk.id)
    with pytest.raises(openai.NotFoundError):
        theirs.delete(talk.id)
    with pytest.raises(openai.NotFoundError):
        theirs.items.list(talk.id)
    with pytest.raises(openai.NotFoundError):
        theirs.items.retrieve(item.id or "", conversation_id=talk.id)
    with pytest.raises(openai.NotFoundError):
        ask(other, "Hi", conversation=talk.id)
