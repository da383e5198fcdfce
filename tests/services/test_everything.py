"""A copy of everything holds each kind of thing, as a file that opens again."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

from services.compare.sharing import from_file as comparison_from
from services.compare.store import Comparisons
from services.everything import everything
from services.gpts.records import Gpt
from services.gpts.store import Gpts
from services.gpts.store import from_file as gpt_from
from services.storage.conversations import Conversations
from services.storage.database import open_database
from services.storage.folder_blobs import FolderBlobs
from services.storage.preferences import Preferences
from services.tuning import sample
from services.tuning.incoming import to_lines
from services.tuning.store import DataSets
from services.turns import Mode
from tests.support.lanes import lane


def test_a_copy_holds_each_kind_of_thing(tmp_path: Path) -> None:
    database, blobs = open_database(f"sqlite:///{tmp_path / 'tandem.db'}"), FolderBlobs(tmp_path / "blobs")
    conversations = Conversations(database, blobs, "alice")
    comparisons = Comparisons(database, blobs, conversations, "alice")
    gpts, data_sets = Gpts(Preferences(database, "alice")), DataSets(database, "alice")
    conversations.create(title="Towers/../../etc")
    comparisons.create((lane(Mode.CHAT_COMPLETIONS), lane(Mode.RESPONSES)), "Two ways")
    gpts.save(Gpt("", "Tea helper", instructions="Know tea."))
    data_sets.create("Shop", sample.sample()[:12])
    DataSets(database, "bob").create("Not hers", sample.sample()[:3])

    with zipfile.ZipFile(io.BytesIO(everything(conversations, comparisons, gpts, data_sets))) as archive:
        assert archive.testzip() is None
        assert archive.namelist() == [
            "conversations/0001 Towers-etc.json",
            "conversations/0001 Towers-etc.md",
            "comparisons/0001 Two-ways.json",
            "gpts/0001 Tea-helper.json",
            "data_sets/0001 Shop.jsonl",
        ]
        conversation, _, comparison, gpt, data_set = map(archive.read, archive.namelist())
    assert conversations.import_json(conversation).title == "Towers/../../etc"
    title, _, talks = comparison_from(comparison)
    assert (title, [talk.lane.mode for talk in talks]) == (
        "Two ways",
        [Mode.CHAT_COMPLETIONS, Mode.RESPONSES],
    )
    assert gpt_from(gpt).instructions == "Know tea."
    assert to_lines("a.jsonl", data_set) == sample.sample()[:12]
    database.close()
