"""Deleted means gone, from the files on disk too."""

from pathlib import Path

import pytest

from services.storage.conversations import Conversations
from services.storage.database import open_database
from services.storage.folder_blobs import FolderBlobs
from services.turns import Attachment
from tests.services.storage.make import chain, exchange, turn

SECRETS = [b"quagmire", b"xylophone", b"filesecret", b"titlesecret"]


@pytest.fixture
def mine(tmp_path):
    database = open_database(f"sqlite:///{tmp_path}/tandem.db")
    yield Conversations(database, FolderBlobs(tmp_path / "blobs"), "me")
    database.close()


@pytest.fixture
def secret(mine):
    """A conversation full of words to be forgotten, among others that stay."""
    chain(mine, mine.create(title="kept").id, 30)
    conversation = mine.create(title="titlesecret", settings={"system_prompt": "quagmire"})
    parent = None
    for _ in range(30):
        file = Attachment("f.txt", "text/plain", b"filesecret" * 100)
        made = turn(conversation.id, "quagmire " * 50, "xylophone " * 500, parent, (file,))
        made.exchanges = [exchange(1, "quagmire")]
        mine.save_turn(made)
        parent = made
    chain(mine, mine.create(title="kept too").id, 30)
    return conversation


def on_disk(folder: Path) -> list[bytes]:
    data = b"".join(f.read_bytes() for f in folder.rglob("*") if f.is_file())
    return [word for word in SECRETS if word in data]


def test_the_words_are_on_disk_before(mine, secret, tmp_path):
    assert on_disk(tmp_path) == SECRETS


def test_a_deleted_conversation_leaves_no_text_on_disk(mine, secret, tmp_path):
    mine.delete(secret.id)
    assert on_disk(tmp_path) == []
    assert [c.title for c in mine.list()] == ["kept too", "kept"]
    assert mine.search("question 29")


def test_deleted_turns_leave_no_text_on_disk(mine, secret, tmp_path):
    mine.delete_turn(mine.branch(secret.id)[0].id)
    assert on_disk(tmp_path) == [b"quagmire", b"titlesecret"]  # in the settings and the name, which stay
    mine.set_settings(secret.id, {})
    mine.delete(secret.id)
    assert on_disk(tmp_path) == []


def test_deleting_everything_leaves_no_text_and_gives_the_space_back(mine, secret, tmp_path):
    before = mine.storage_report().database_bytes
    assert mine.delete_all() == 3
    assert on_disk(tmp_path) == []
    report = mine.storage_report()
    assert (report.conversations, report.turns, report.exchanges, report.blobs_bytes) == (0, 0, 0, 0)
    assert report.database_bytes < before / 2
    assert mine.list() == []


def test_a_file_used_twice_stays_until_its_last_use_goes(mine, tmp_path):
    file = Attachment("f.txt", "text/plain", b"shared")
    first, second = (turn(mine.create().id, files=(file,)) for _ in range(2))
    mine.save_turn(first)
    mine.save_turn(second)
    mine.delete(first.conversation_id)
    assert mine.turn(second.id).user.attachments == (file,)
    mine.delete_turn(second.id)
    assert mine.storage_report().blobs_bytes == 0
