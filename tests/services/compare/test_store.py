"""Comparisons kept, copied, shared and deleted, each owner's for themselves."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from services.compare.records import Comparison, Lane
from services.compare.sharing import from_file, to_file
from services.compare.store import Comparisons
from services.compare.votes import Vote, votes_in, with_vote
from services.errors import InvalidInput, NotFound
from services.storage.conversations import Conversations
from services.storage.database import Database, open_database
from services.storage.folder_blobs import FolderBlobs
from services.turns import Attachment, Finished, ImageOutput, Message, Mode, TextDelta, Turn

PICTURE = b"\x89PNG\xff\x00"


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    database = open_database(f"sqlite:///{tmp_path}/tandem.db")
    yield database
    database.close()


def kept_by(database: Database, folder: Path, owner: str = "alice") -> Comparisons:
    """The comparisons of an owner."""
    blobs = FolderBlobs(folder / "blobs")
    return Comparisons(database, blobs, Conversations(database, blobs, owner), owner)


@pytest.fixture
def mine(database: Database, tmp_path: Path) -> Comparisons:
    return kept_by(database, tmp_path)


def lanes() -> list[Lane]:
    return [
        Lane(
            "a",
            Mode.CHAT_COMPLETIONS,
            "OpenAI",
            "gpt-6-luna",
            "Be brief.",
            {"temperature": 0.5},
            ("calculator",),
        ),
        Lane("b", Mode.ASSISTANTS, "Local", "gpt-6-luna"),
    ]


def talked(mine: Comparisons, *texts: str) -> Comparison:
    """A comparison in which this was said, its first message with a file and its answers with a picture."""
    made = mine.create(lanes(), "Tea", with_vote({}, Vote(1, "a")))
    for lane in made.lanes:
        assert lane.conversation_id is not None
        before = None
        for text in texts:
            file = Attachment("a.pdf", "application/pdf", b"%PDF\xff")
            turn = Turn(
                lane.conversation_id, Message("user", text, (file,)), lane.model, lane.connection, lane.mode
            )
            turn.parent_id = before
            for event in (
                TextDelta(f"{text}, too"),
                ImageOutput("p.png", "image/png", PICTURE),
                Finished("stop"),
            ):
                turn.apply(event)
            mine.conversations.save_turn(turn)
            before = turn.id
    return mine.get(made.id)


def said(mine: Comparisons, comparison: Comparison) -> list[list[tuple[str, str]]]:
    return [[(t.user.content, t.text) for t in talk.turns] for talk in mine.talks(comparison)]


def test_lanes_come_back_as_they_were_and_stand_in_no_list_of_conversations(mine: Comparisons) -> None:
    comparison = talked(mine, "Green", "Black")
    assert said(mine, comparison) == [[("Green", "Green, too"), ("Black", "Black, too")]] * 2
    assert [lane.parameters for lane in comparison.lanes] == [{"temperature": 0.5}, {}]
    turn = mine.talks(comparison)[0].turns[0]
    assert turn.user.attachments[0].data == b"%PDF\xff"
    assert turn.replies[-1].attachments[0].data == PICTURE
    assert mine.conversations.list() == mine.conversations.search("Green") == []
    assert [found.id for found in mine.list()] == [comparison.id]


def test_a_copy_has_the_talk_and_the_votes_and_nothing_of_the_servers(mine: Comparisons) -> None:
    comparison = talked(mine, "Green")
    mine.set_on_server(comparison.lanes[1], {"thread_id": "thread_1"})
    copy = mine.duplicate(comparison.id)
    assert said(mine, copy) == said(mine, comparison)
    assert mine.on_server(copy.lanes[1]) == {}
    assert [vote.winner for vote in votes_in(copy.settings)] == [copy.lanes[0].id] != ["a"]
    mine.delete(comparison.id)
    assert mine.talks(copy)[0].turns[0].user.attachments[0].data == b"%PDF\xff"


def test_deleting_leaves_no_turn_no_file_and_no_conversation(mine: Comparisons, tmp_path: Path) -> None:
    comparison = talked(mine, "Green")
    mine.delete(comparison.id)
    report = mine.conversations.storage_report()
    assert (report.conversations, report.turns, report.blobs_bytes) == (0, 0, 0)
    with pytest.raises(NotFound, match="does not exist any more"):
        mine.get(comparison.id)


def test_two_to_four_lanes_and_no_others(mine: Comparisons) -> None:
    comparison = talked(mine, "Green")
    with pytest.raises(InvalidInput, match="2 to 4"):
        mine.remove_lane(comparison.id, "a")
    for name in ("c", "d"):
        mine.add_lane(comparison.id, Lane(name, Mode.RESPONSES, "Local", "gpt-6-luna"))
    with pytest.raises(InvalidInput, match="2 to 4"):
        mine.add_lane(comparison.id, Lane("e", Mode.RESPONSES, "Local", "gpt-6-luna"))
    mine.remove_lane(comparison.id, "c")
    assert [lane.id for lane in mine.get(comparison.id).lanes] == ["a", "b", "d"]


def test_nobody_elses_comparison_is_seen_or_changed(
    mine: Comparisons, database: Database, tmp_path: Path
) -> None:
    comparison, bob = talked(mine, "Green"), kept_by(database, tmp_path, "bob")
    assert bob.list() == []
    for act in (
        lambda: bob.get(comparison.id),
        lambda: bob.rename(comparison.id, "Mine"),
        lambda: bob.delete(comparison.id),
        lambda: bob.duplicate(comparison.id),
        lambda: bob.change_lane(comparison.id, lanes()[0]),
        lambda: bob.remove_lane(comparison.id, "a"),
        lambda: bob.talks(comparison),
    ):
        with pytest.raises(NotFound):
            act()
    assert mine.get(comparison.id) == comparison


def test_deleting_everything_takes_comparisons_along(mine: Comparisons) -> None:
    talked(mine, "Green")
    mine.conversations.delete_all()
    assert mine.list() == []


# --- as a file --------------------------------------------------------------------------------


def test_a_shared_file_opens_as_the_same_talk_with_files_and_votes(
    mine: Comparisons, database: Database, tmp_path: Path
) -> None:
    comparison, bob = talked(mine, "Green", "Black"), kept_by(database, tmp_path, "bob")
    mine.set_on_server(comparison.lanes[1], {"thread_id": "thread_1"})
    data = to_file(comparison, mine.talks(comparison))
    opened = bob.add(*from_file(data))
    assert said(bob, opened) == said(mine, comparison)
    assert (opened.title, len(votes_in(opened.settings))) == ("Tea", 1)
    assert bob.talks(opened)[1].turns[0].replies[-1].attachments[0].data == PICTURE
    assert b"thread_1" not in data


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"version": 2}, "another version of Tandem"),
        ({"format": "tandem.conversation"}, "Chat page"),
        ({"format": "tandem.comparison-report"}, "Share as a file"),
        ({"format": "other"}, "not a comparison shared from Tandem"),
        ({"lanes": []}, "It has 0 lanes"),
        ({"lanes": [{"lane": {"id": 1}}]}, "The part lanes.0"),
        ({"extra": 1}, "The part extra is wrong"),
    ],
)
def test_a_file_of_another_kind_version_or_shape_gets_a_clear_sentence(
    mine: Comparisons, change: dict[str, object], sentence: str
) -> None:
    comparison = talked(mine, "Green")
    shared = json.loads(to_file(comparison, mine.talks(comparison)))
    with pytest.raises(InvalidInput, match=sentence):
        from_file(json.dumps(shared | change).encode())


def test_a_broken_file_gets_a_clear_sentence(mine: Comparisons) -> None:
    comparison = talked(mine, "Green", "Black")
    data = to_file(comparison, mine.talks(comparison))
    shared = json.loads(data)
    shared["lanes"][0]["turns"][1]["parent_id"] = None
    twisted = json.dumps(shared).encode()
    for broken, sentence in ((data[:-50], "cut short"), (b"\xff", "cut short"), (twisted, "do not follow")):
        with pytest.raises(InvalidInput, match=sentence):
            from_file(broken)
