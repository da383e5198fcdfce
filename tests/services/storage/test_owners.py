"""Nobody sees or changes what is somebody else's."""

import pytest

from services.errors import NotFound
from services.storage.preferences import Preferences
from services.turns import Attachment
from tests.services.storage.make import exchange, turn

FILE = Attachment("a.txt", "text/plain", b"shared bytes")


@pytest.fixture
def owned(library):
    made = turn(library.alice.create(title="secret").id, "treasure map", files=(FILE,))
    made.exchanges = [exchange(1)]
    library.alice.save_turn(made)
    return made


CALLS = {
    "get": lambda c, t: c.get(t.conversation_id),
    "rename": lambda c, t: c.rename(t.conversation_id, "mine"),
    "set_settings": lambda c, t: c.set_settings(t.conversation_id, {}),
    "delete": lambda c, t: c.delete(t.conversation_id),
    "save_turn": lambda c, t: c.save_turn(t),
    "save_new_turn": lambda c, t: c.save_turn(turn(t.conversation_id)),
    "save_child": lambda c, t: c.save_turn(turn(t.conversation_id, parent=t)),
    "turn": lambda c, t: c.turn(t.id),
    "branch": lambda c, t: c.branch(t.conversation_id),
    "branch_length": lambda c, t: c.branch_length(t.conversation_id),
    "siblings": lambda c, t: c.siblings(t.conversation_id),
    "select": lambda c, t: c.select(t.conversation_id, t.id),
    "delete_turn": lambda c, t: c.delete_turn(t.id),
    "exchanges": lambda c, t: c.exchanges(t.id),
    "export_json": lambda c, t: c.export_json(t.conversation_id),
    "export_markdown": lambda c, t: c.export_markdown(t.conversation_id),
}


@pytest.mark.parametrize("name", CALLS)
def test_another_owner_finds_nothing(library, owned, name):
    with pytest.raises(NotFound):
        CALLS[name](library.bob, owned)
    kept = library.alice.get(owned.conversation_id)
    assert (kept.title, kept.turn_count) == ("secret", 1)
    assert library.alice.turn(owned.id) == owned


def test_another_owner_lists_searches_and_counts_nothing(library, owned):
    bob = library.bob
    assert bob.list() == []
    assert bob.search("treasure") == []
    assert bob.delete_all() == 0
    assert bob.interrupt_stale(older_than_s=-60) == 0
    assert bob.storage_report().turns == 0
    bob.touch(owned.id)
    assert library.alice.search("treasure")[0].turn_id == owned.id


def test_a_leaf_of_another_owner_is_not_read_through_ones_own_conversation(library, owned):
    own = library.bob.create()
    with pytest.raises(NotFound):
        library.bob.branch(own.id, leaf_id=owned.id)


def test_a_file_both_have_survives_one_owner_deleting_it(library, owned):
    copy = turn(library.bob.create().id, files=(FILE,))
    library.bob.save_turn(copy)
    library.bob.delete_all()
    assert library.alice.turn(owned.id).user.attachments == (FILE,)
    library.alice.delete_all()
    assert library.blobs.size_bytes() == 0


def test_preferences_are_each_owners_own(library):
    alice, bob = Preferences(library.database, "alice"), Preferences(library.database, "bob")
    alice.set("theme", "dark")
    assert bob.get("theme", "light") == "light"
    bob.delete("theme")
    bob.delete_all()
    assert alice.all() == {"theme": "dark"}
