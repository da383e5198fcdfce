"""Data sets and ratings are kept for their owner alone, and rated answers become examples."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from services.errors import InvalidInput, NotFound
from services.storage.conversations import Conversations
from services.storage.database import Database
from services.storage.ratings import Ratings
from services.tuning.collecting import candidates
from services.tuning.store import MAX_DATA_SETS, DataSets
from services.turns import Turn
from tests.services.storage.make import chain
from tests.services.tuning.conftest import ME, OTHER


@pytest.fixture
def mine(database: Database) -> DataSets:
    return DataSets(database, ME)


@pytest.fixture
def ratings(database: Database) -> Ratings:
    return Ratings(database, ME)


@pytest.fixture
def talk(conversations: Conversations) -> list[Turn]:
    return chain(conversations, conversations.create(settings={"system_prompt": "Be brief."}).id, 3)


def test_a_data_set_is_made_added_to_split_renamed_and_deleted(mine: DataSets) -> None:
    made = mine.create("  My  examples ", ["a", "b\0"])
    mine.add(made.id, ["c"])
    mine.set_split(made.id, 7, 0.3)
    mine.rename(made.id, "Better")
    kept = mine.get(made.id)
    assert (made.name, kept.name, kept.lines, kept.seed, kept.validation_share) == (
        "My examples",
        "Better",
        3,
        7,
        0.3,
    )
    assert kept.revision > made.revision and mine.all() == [kept]
    assert [line.text for line in mine.lines(made.id)] == ["a", "b\ufffd", "c"]
    mine.delete(made.id)
    with pytest.raises(NotFound):
        mine.get(made.id)


def test_lines_are_changed_by_their_id_all_of_them_or_none(mine: DataSets) -> None:
    made = mine.create("Lines", ["a", "b", "c"])
    first, second, third = mine.lines(made.id)
    mine.change(made.id, {first.id: "A", second.id: ""})
    assert [line.text for line in mine.lines(made.id)] == ["A", "c"]
    with pytest.raises(NotFound):
        mine.change(made.id, {third.id: "C", second.id: "again"})
    assert [line.text for line in mine.lines(made.id)] == ["A", "c"]


@pytest.mark.parametrize(
    "act",
    [
        lambda sets, i, line: sets.get(i),
        lambda sets, i, line: sets.lines(i),
        lambda sets, i, line: sets.add(i, ["x"]),
        lambda sets, i, line: sets.change(i, {line: "x"}),
        lambda sets, i, line: sets.rename(i, "x"),
        lambda sets, i, line: sets.set_split(i, 1, 0.1),
        lambda sets, i, line: sets.delete(i),
    ],
)
def test_another_owner_has_none_of_it(
    database: Database, mine: DataSets, act: Callable[[DataSets, str, int], object]
) -> None:
    made = mine.create("Mine", ["a"])
    theirs = DataSets(database, OTHER)
    with pytest.raises(NotFound):
        act(theirs, made.id, mine.lines(made.id)[0].id)
    theirs.delete_all()
    assert theirs.all() == [] and mine.get(made.id).lines == 1


def test_what_no_data_set_may_be_is_refused(mine: DataSets) -> None:
    made = mine.create("Mine", [])
    for wrong in (
        lambda: mine.create(" ", []),
        lambda: mine.rename(made.id, "x" * 81),
        lambda: mine.set_split(made.id, -1, 0.2),
        lambda: mine.set_split(made.id, 1, 0.9),
        lambda: mine.add(made.id, ["x"] * 20_001),
    ):
        with pytest.raises(InvalidInput):
            wrong()
    for number in range(MAX_DATA_SETS - 1):
        mine.create(f"Set {number}", [])
    with pytest.raises(InvalidInput):
        mine.create("One more", [])


def test_a_rating_is_set_changed_and_taken_back(ratings: Ratings, talk: list[Turn]) -> None:
    turn = talk[0]
    ratings.rate(turn.id, 0)
    ratings.correct(turn.id, " Better.\0 ")
    (kept,) = ratings.all()
    assert (kept.thumb, kept.better) == (0, "Better.\ufffd") and ratings.of([turn.id]) == {turn.id: kept}
    ratings.rate(turn.id, None)
    ratings.correct(turn.id, "")
    assert ratings.all() == []


def test_answers_of_others_cannot_be_rated_and_ratings_go_with_the_conversation(
    database: Database, conversations: Conversations, ratings: Ratings, talk: list[Turn]
) -> None:
    with pytest.raises(NotFound):
        Ratings(database, OTHER).rate(talk[0].id, 1)
    with pytest.raises(InvalidInput):
        ratings.rate(talk[0].id, 2)
    ratings.rate(talk[0].id, 1)
    conversations.delete(talk[0].conversation_id)
    assert ratings.all() == []


def test_good_and_corrected_answers_become_examples_with_what_went_before(
    conversations: Conversations, ratings: Ratings, talk: list[Turn]
) -> None:
    ratings.rate(talk[0].id, 1)
    ratings.rate(talk[1].id, 0)
    ratings.rate(talk[2].id, 0)
    ratings.correct(talk[2].id, "Put right.")
    first, last = candidates(ratings, conversations)
    assert first.example["messages"] == [
        {"role": "system", "content": "Be brief."},
        {"role": "user", "content": "question 0"},
        {"role": "assistant", "content": "answer 0"},
    ]
    assert (last.is_corrected, last.answer) == (True, "Put right.")
    assert [message.get("weight") for message in last.example["messages"]] == [
        None,
        None,
        0,
        None,
        0,
        None,
        None,
    ]
    alone = candidates(ratings, conversations, with_history=False)[1]
    assert len(alone.example["messages"]) == 3
