"""One message to all lanes: each in its own mode, one failing alone, all stopped at once, none losing its talk."""

from __future__ import annotations

import json
from dataclasses import replace
from itertools import count
from typing import Any

import pytest
from openai import OpenAI

from services.clients import Connection
from services.compare.asking import NewMessage, behind, may_catch_up
from services.compare.figures import best, figures
from services.compare.records import Comparison
from services.errors import InvalidInput
from services.turns import Mode, TurnStatus
from tests.services.compare.conftest import MODES, House, lane
from tests.support.assistants import until
from tests.support.talks import over
from tests.support.upstream import Script, ToolCall, broken, wrong_key


def asked(house: House) -> list[list[tuple[str, str]]]:
    """What the model was asked each time: role and words of every message."""
    bodies = [json.loads(request.raw) for request in house.upstream.requests if request.raw]
    return [[(m["role"], _words(m["content"])) for m in body["messages"]] for body in bodies]


def _words(content: Any) -> str:
    return content if isinstance(content, str) else " ".join(part.get("text", "") for part in content or ())


def server(house: House) -> OpenAI:
    """Another program of the same owner."""
    return house.person.account.client


def ids(house: House, comparison: Comparison, index: int) -> dict[str, Any]:
    """What the server keeps for a lane."""
    return house.comparisons.on_server(house.talks(comparison)[index].lane)


def test_every_lane_answers_and_the_model_sees_the_same_talk_in_all_modes(house: House) -> None:
    comparison = house.begin()
    house.say(comparison, "I am Ada.")
    house.upstream.requests.clear()
    turns = house.say(comparison, "Who am I?")
    assert [(turn.text, turn.status) for turn in turns] == [("Hello world", TurnStatus.COMPLETED)] * 3
    talk = [("user", "I am Ada."), ("assistant", "Hello world"), ("user", "Who am I?")]
    assert [[m for m in messages if m[0] != "system"] for messages in asked(house)] == [talk] * 3
    assert all("Be brief." in dict(messages)["system"] for messages in asked(house))
    assert house.comparisons.get(comparison.id).title == "I am Ada."


@pytest.mark.parametrize("mode", MODES)
def test_bytes_under_a_lane_are_those_that_went_over_the_wire(house: House, mode: Mode) -> None:
    comparison = house.begin(lane(mode, tools=("calculator",)), lane(Mode.CHAT_COMPLETIONS, id="other"))
    wire = house.wires[lane(mode).connection]
    numbers = count()

    def calculating(body: dict[str, Any]) -> Script | None:
        call = ToolCall("calculator", '{"expression": "6*7"}', f"call_{next(numbers)}")
        is_first = bool(body.get("tools")) and body["messages"][-1]["role"] == "user"
        return Script(tool_calls=(call,)) if is_first else None

    house.upstream.by_request = calculating
    for text in ("Größe: 6·7?", 'And\n"twice" that?'):
        wire.seen.clear()
        turns = house.say(comparison, text)
        shown = figures(house.talks(comparison)[0])[-1]
        others = figures(house.talks(comparison)[1])[-1].sent_bytes if mode is Mode.CHAT_COMPLETIONS else 0
        assert turns[0].status is TurnStatus.COMPLETED
        assert shown.sent_bytes == wire.bytes_sent() - others > 0
        assert "42" in str(next(iter(turns[0].tool_steps.values())).output)


def test_files_go_as_text_where_the_mode_reads_none_and_to_the_server_where_it_does(house: House) -> None:
    comparison = house.begin(
        lane(Mode.CHAT_COMPLETIONS),
        lane(Mode.ASSISTANTS, tools=("file_search",)),
        lane(Mode.RESPONSES, tools=("file_search",)),
        lane(Mode.ASSISTANTS, id="by hand"),
    )
    wire = house.wires["Local"]
    turns = house.say(comparison, "How long?", [("kettle.txt", b"The warranty lasts two years.")])
    assert [turn.status for turn in turns] == [TurnStatus.COMPLETED] * 4
    by_hand = [words for messages in asked(house) for role, words in messages if role == "user"]
    assert sum("two years" in words and "kettle.txt" in words for words in by_hand) >= 2
    uploads = [size for method, path, size in wire.seen if (method, path) == ("POST", "/v1/files")]
    assert len(uploads) == 2
    assert sum(figures(talk)[-1].sent_bytes for talk in house.talks(comparison)[1:]) == wire.bytes_sent()


def test_lane_that_fails_says_so_and_the_others_go_on(house: House) -> None:
    comparison = house.begin()
    house.upstream.by_request = lambda body: wrong_key() if len(body["messages"][0]["content"]) == 3 else None
    bad = replace(comparison.lanes[0], instructions="Bad")
    house.comparisons.change_lane(comparison.id, bad)
    turns = house.say(comparison, "Hello")
    assert [turn.status for turn in turns] == [TurnStatus.FAILED, TurnStatus.COMPLETED, TurnStatus.COMPLETED]
    assert turns[0].error is not None and "key" in turns[0].error
    house.upstream.by_request = lambda _: None
    assert house.again(comparison, 0).text == "Hello world"
    assert [len(talk.turns) for talk in house.talks(comparison)] == [1, 1, 1]


def test_upstream_that_dies_in_one_lane_leaves_what_had_come(house: House) -> None:
    comparison = house.begin(lane(Mode.CHAT_COMPLETIONS), lane(Mode.CHAT_COMPLETIONS, id="b", model="other"))
    house.connections["Model"] = Connection("Model", "compatible", house.upstream.base_url, "sk-test")
    house.upstream.by_request = lambda body: Script(cut_after=2) if body["model"] == "other" else None
    good, cut = house.say(comparison, "Hello")
    assert (good.text, cut.text, cut.status) == ("Hello world", "Hello", TurnStatus.FAILED)
    assert "kept" in str(cut.error)


def test_stop_ends_all_lanes_and_each_goes_on_with_the_next_message(house: House) -> None:
    comparison = house.begin()
    house.upstream.play()  # from now on what is to be held is held
    house.upstream.by_request = lambda _: Script(hold_after=2)
    talks = house.talks(comparison)
    begun = house.comparing.say(
        comparison, talks, NewMessage("Hello"), {t.lane.id: house.way(t.lane) for t in talks}
    )
    until(lambda: all(live.turn.text == "Hello" for live in begun.values()))
    assert house.comparing.live(house.talks(comparison)).keys() == begun.keys()
    for live in begun.values():
        live.stop()
    assert [(over(live).status, live.turn.text) for live in begun.values()] == [
        (TurnStatus.STOPPED, "Hello")
    ] * 3
    house.upstream.forget()
    assert [turn.text for turn in house.say(comparison, "Again?")] == ["Hello world"] * 3


@pytest.mark.parametrize("index", range(3))
def test_answering_again_leaves_one_answer_for_the_model_to_see(house: House, index: int) -> None:
    comparison = house.begin()
    house.say(comparison, "One")
    house.say(comparison, "Two")
    house.upstream.by_request = lambda _: Script(text=("Better",))
    assert house.again(comparison, index).text == "Better"
    house.upstream.requests.clear()
    house.say(comparison, "Three")
    talk = [
        ("user", "One"),
        ("assistant", "Hello world"),
        ("user", "Two"),
        ("assistant", "Better"),
        ("user", "Three"),
    ]
    assert talk in [[m for m in messages if m[0] != "system"] for messages in asked(house)]
    assert [len(talk.turns) for talk in house.talks(comparison)] == [3, 3, 3]


@pytest.mark.parametrize(("index", "kind"), [(1, "thread"), (2, "conversation")])
def test_what_was_deleted_on_the_server_is_said_and_made_again_from_the_talk(
    house: House, index: int, kind: str
) -> None:
    comparison = house.begin()
    house.say(comparison, "I am Ada.")
    gone = ids(house, comparison, index)[f"{kind}_id"]
    client = server(house)
    (client.beta.threads.delete if kind == "thread" else client.conversations.delete)(gone)
    turns = house.say(comparison, "Who am I?")
    assert turns[index].status is TurnStatus.FAILED and f"The {kind} of this lane" in str(turns[index].error)
    assert all(turns[n].status is TurnStatus.COMPLETED for n in range(3) if n != index)
    house.upstream.requests.clear()
    assert house.again(comparison, index).text == "Hello world"
    assert [m for m in asked(house)[-1] if m[0] != "system"] == [
        ("user", "I am Ada."),
        ("assistant", "Hello world"),
        ("user", "Who am I?"),
    ]
    assert ids(house, comparison, index)[f"{kind}_id"] != gone


def test_lane_added_later_catches_up_message_by_message(house: House) -> None:
    comparison = house.begin(lane(Mode.CHAT_COMPLETIONS), lane(Mode.RESPONSES))
    house.say(comparison, "One")
    house.say(comparison, "Two")
    house.comparisons.add_lane(comparison.id, lane(Mode.ASSISTANTS))
    talks = house.talks(comparison)
    assert behind(talks) == {"lane_assistants": 2}
    while behind(talks := house.talks(comparison)):
        assert may_catch_up(talks[2])
        live = house.comparing.catch_up(talks[2], talks, house.way(talks[2].lane))
        assert live is not None
        over(live)
    assert [turn.user.content for turn in talks[2].turns] == ["One", "Two"]


def test_lane_behind_is_not_asked_what_it_could_not_follow(house: House) -> None:
    comparison = house.begin(lane(Mode.CHAT_COMPLETIONS), lane(Mode.RESPONSES))
    house.say(comparison, "One")
    house.comparisons.add_lane(comparison.id, lane(Mode.CHAT_COMPLETIONS, id="late"))
    house.say(comparison, "Two")
    assert behind(house.talks(comparison)) == {"late": 2}


def test_message_no_lane_can_take_is_refused_before_anything_is_sent(house: House) -> None:
    comparison = house.begin()
    for files, said in (([("a.txt", b"")], "empty"), ([("a.bin", bytes(range(256)))], "neither text")):
        with pytest.raises(InvalidInput, match=said):
            house.say(comparison, "Look", files)
    assert [len(talk.turns) for talk in house.talks(comparison)] == [0, 0, 0]
    assert not house.wires["Local"].seen


def test_server_memory_is_what_the_model_read_and_the_client_did_not_send(house: House) -> None:
    comparison = house.begin()
    house.upstream.by_request = lambda _: Script(
        usage={"prompt_tokens": 900, "completion_tokens": 5, "total_tokens": 905}
    )
    house.say(comparison, "Hello")
    turns = house.say(comparison, "And now?")
    told = [figures(talk)[-1] for talk in house.talks(comparison)]
    assert told[0].added_tokens == 0
    for shown in told[1:]:
        assert shown.prompt_tokens == 900 and shown.added_tokens == 900 - shown.sent_tokens > 850
    assert told[0].sent_messages == 4 and told[1].sent_messages == told[2].sent_messages == 1
    assert "sent_bytes" in best(turns, told)[1] and "sent_bytes" not in best(turns, told)[0]


def test_failure_of_the_model_behind_the_server_is_told_in_the_lane(house: House) -> None:
    comparison = house.begin()
    house.upstream.by_request = lambda _: broken()
    turns = house.say(comparison, "Hello")
    assert [turn.status for turn in turns] == [TurnStatus.FAILED] * 3
    assert all(turn.error for turn in turns)
