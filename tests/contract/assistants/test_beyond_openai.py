"""What our server does that OpenAI's never did: threads listed and searched, and copied up to a message."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.assistants import Account


def listed(account: Account, **query: Any) -> list[dict[str, Any]]:
    answer = account.http.get("threads", params=query)
    assert answer.status_code == 200, answer.text
    return list(answer.json()["data"])


def test_threads_are_listed_by_their_last_message(me: Account) -> None:
    first, second = me.thread("About whales"), me.thread("About bees")
    me.client.beta.threads.create()  # nothing was said in this one
    me.client.beta.threads.messages.create(first.id, role="user", content="Back to whales")
    threads = listed(me)
    assert [t["id"] for t in threads] == [first.id, second.id]
    assert [t["message_count"] for t in threads] == [2, 1]
    assert [t["snippet"] for t in threads] == ["Back to whales", "About bees"]
    assert threads[0]["last_message_at"] >= first.created_at


def test_pages_of_threads_follow_each_other(me: Account) -> None:
    made = [me.thread(f"Number {number}").id for number in range(5)][::-1]
    seen, after = [], None
    while True:
        answer = me.http.get("threads", params={"limit": 2} | ({"after": after} if after else {})).json()
        seen += [t["id"] for t in answer["data"]]
        after = answer["last_id"]
        if not answer["has_more"]:
            break
    assert seen == made


def test_threads_are_found_by_words_of_title_and_messages(me: Account) -> None:
    zoo = me.client.beta.threads.create(
        metadata={"title": "Im Zoo"},
        messages=[{"role": "user", "content": "Die Löwen schlafen, äußerst müde."}],
    )
    me.thread("Something else, with a text of some value")
    for words in ("löwen", "LÖWEN schlafen", "zoo", "müde Zoo", "äußerst"):
        assert [t["id"] for t in listed(me, query=words)] == [zoo.id], words
    for words in ("value", "Löwen value", "%", "_", "annotations", "\\"):
        assert zoo.id not in [t["id"] for t in listed(me, query=words)], words
    assert listed(me, query="annotations") == []
    assert "Löwen" in listed(me, query="Löwen")[0]["snippet"]


@pytest.mark.parametrize(
    "query", [{"query": "x" * 500}, {"query": "a " * 20}, {"limit": 0}, {"after": "thread_no"}]
)
def test_a_list_of_threads_refuses_what_makes_no_sense(me: Account, query: dict[str, Any]) -> None:
    answer = me.http.get("threads", params=query)
    assert answer.status_code in (400, 404)
    assert answer.json()["error"]["message"]


def test_nobody_sees_or_copies_threads_of_others(me: Account, other: Account) -> None:
    thread = me.thread("A secret about dragons")
    message = next(iter(me.client.beta.threads.messages.list(thread.id)))
    assert listed(other) == []
    assert listed(other, query="dragons") == []
    answer = other.http.post(f"threads/{thread.id}/forks", json={"message_id": message.id})
    assert answer.status_code == 404


def test_a_fork_holds_everything_up_to_its_message_and_goes_its_own_way(me: Account) -> None:
    thread = me.thread("One", "Two", "Three")
    messages = list(me.client.beta.threads.messages.list(thread.id, order="asc"))
    made = me.http.post(
        f"threads/{thread.id}/forks", json={"message_id": messages[1].id, "metadata": {"title": "Other way"}}
    ).json()
    assert made["metadata"] == {"title": "Other way"}
    me.client.beta.threads.messages.create(made["id"], role="user", content="Instead")
    copies = list(me.client.beta.threads.messages.list(made["id"], order="asc"))
    assert [m.content[0].text.value for m in copies] == ["One", "Two", "Instead"]  # type: ignore[union-attr]
    assert not {m.id for m in copies} & {m.id for m in messages}
    assert len(list(me.client.beta.threads.messages.list(thread.id))) == 3


def test_a_fork_keeps_what_a_run_wrote_and_its_citations(me: Account) -> None:
    thread = me.thread("Hello")
    me.run(thread)
    answer = next(iter(me.client.beta.threads.messages.list(thread.id)))
    made = me.http.post(f"threads/{thread.id}/forks", json={"message_id": answer.id}).json()
    copy = next(iter(me.client.beta.threads.messages.list(made["id"])))
    assert copy.role == "assistant"
    assert copy.run_id is None
    assert copy.content == answer.content
    me.client.beta.threads.delete(thread.id)
    assert len(list(me.client.beta.threads.messages.list(made["id"]))) == 2


@pytest.mark.parametrize("body", [{}, {"message_id": 3}, {"message_id": "msg_no"}, {"message_id": "run_1"}])
def test_a_fork_needs_a_message_of_the_thread(me: Account, body: dict[str, Any]) -> None:
    thread = me.thread("Hello")
    answer = me.http.post(f"threads/{thread.id}/forks", json=body)
    assert answer.status_code in (400, 404)


def prompts(account: Account, run: Any) -> list[dict[str, Any]]:
    answer = account.http.get(f"threads/{run.thread_id}/runs/{run.id}/prompts")
    assert answer.status_code == 200, answer.text
    return list(answer.json()["data"])


def test_what_the_model_was_sent_can_be_read_as_it_was(me: Account) -> None:
    assistant = me.assistant(instructions="Be brief.")
    thread = me.thread("One", "Two")
    first = me.run(thread, assistant)
    me.client.beta.threads.messages.create(thread.id, role="user", content="Three")
    second = me.run(thread, assistant)
    (sent,) = prompts(me, first)
    assert [m["content"] for m in sent["messages"]] == ["Be brief.", "One", "Two"]
    assert (sent["omitted"], sent["tools"]) == (0, 0)
    (later,) = prompts(me, second)
    assert [m["role"] for m in later["messages"]] == ["system", "user", "user", "assistant", "user"]
    assert later["messages"] == me.upstream.requests[-1].json["messages"]


def test_each_round_of_a_run_has_its_prompt(me: Account) -> None:
    run = me.answered(me.waiting())
    first, second = prompts(me, run)
    assert [m["role"] for m in first["messages"]] == ["user"]
    assert [m["role"] for m in second["messages"]] == ["user", "assistant", "tool"]
    assert first["tools"] == 1


def test_messages_that_stay_out_of_a_prompt_are_counted(me: Account) -> None:
    thread = me.thread(*(f"Message {number}" for number in range(10)))
    run = me.run(thread, truncation_strategy={"type": "last_messages", "last_messages": 3})
    (sent,) = prompts(me, run)
    assert [m["content"] for m in sent["messages"]] == ["Message 7", "Message 8", "Message 9"]
    assert sent["omitted"] == 7


def test_nobody_reads_the_prompts_of_others(me: Account, other: Account) -> None:
    run = me.run()
    answer = other.http.get(f"threads/{run.thread_id}/runs/{run.id}/prompts")
    assert answer.status_code == 404
