"""The two commands, as an operator types them."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from services.settings import Settings
from services.storage.blobs import open_blobs
from services.storage.conversations import Conversations
from services.storage.database import open_database
from services.turns import Attachment
from tests.services.storage.make import turn


def command(home: Path, *arguments: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "services.storage", *map(str, arguments)],
        check=False,
        capture_output=True,
        text=True,
        env=os.environ | {"TANDEM_HOME": str(home)},
    )


def conversations(home: Path) -> Conversations:
    settings = Settings(home=home)
    return Conversations(open_database(settings.resolved_database_url), open_blobs(settings), "default")


@pytest.fixture
def home(tmp_path):
    mine = conversations(tmp_path / "one")
    file = Attachment("a", "text/plain", b"a note")
    mine.save_turn(turn(mine.create(title="kept").id, files=(file,)))
    (tmp_path / "one" / "api_key").write_text("tandem-very-private")
    return tmp_path / "one"


def test_what_was_backed_up_is_restored_into_a_new_folder(home, tmp_path):
    made = command(home, "backup", tmp_path / "b.tar")
    assert made.returncode == 0, made.stderr
    assert "b.tar: 3 rows and 1 files, 0.0 MB." in made.stdout
    restored = command(tmp_path / "two", "restore", tmp_path / "b.tar")
    assert restored.returncode == 0, restored.stderr
    (conversation,) = conversations(tmp_path / "two").list()
    assert conversation.title == "kept"


def test_the_key_of_v1_is_not_in_a_backup_and_the_command_says_so(home, tmp_path):
    made = command(home, "backup", tmp_path / "b.tar")
    assert "api_key is no part of a backup" in made.stdout
    assert b"tandem-very-private" not in (tmp_path / "b.tar").read_bytes()


@pytest.mark.parametrize("arguments", [("restore", "missing.tar"), ("backup", "/dev/null/b.tar")])
def test_a_failure_is_a_sentence_and_no_traceback(home, arguments):
    done = command(home, *arguments)
    assert done.returncode == 1
    assert done.stdout == ""
    assert done.stderr.count("\n") == 1 and done.stderr.endswith(".\n")


def test_restoring_over_data_is_refused(home, tmp_path):
    command(home, "backup", tmp_path / "b.tar")
    done = command(home, "restore", tmp_path / "b.tar")
    assert done.returncode == 1
    assert "into an empty one only" in done.stderr
