import pytest

from services.errors import NotFound
from tests.services.storage.make import chain, turn


def ids(turns):
    return [t.id for t in turns]


@pytest.fixture
def talk(alice):
    """root → a → a2, and a regenerated b beside a."""
    conversation = alice.create()
    root, a, a2 = chain(alice, conversation.id, 3)
    b = turn(conversation.id, "question 1", "another answer", root)
    alice.save_turn(b)
    return conversation.id, root, a, a2, b


def test_the_branch_of_the_newest_turn_is_shown(alice, talk):
    conversation, root, _, _, b = talk
    assert ids(alice.branch(conversation)) == [root.id, b.id]
    assert alice.branch_length(conversation) == 2


def test_any_branch_can_be_read_by_its_leaf(alice, talk):
    conversation, root, a, a2, _ = talk
    assert ids(alice.branch(conversation, leaf_id=a2.id)) == [root.id, a.id, a2.id]
    assert ids(alice.branch(conversation, leaf_id=root.id)) == [root.id]


@pytest.mark.parametrize(("last", "kept"), [(0, 0), (1, 1), (2, 2), (3, 3), (99, 3)])
def test_only_the_last_turns_are_read_when_asked(alice, talk, last, kept):
    conversation, root, a, a2, _ = talk
    whole = [root.id, a.id, a2.id]
    assert ids(alice.branch(conversation, leaf_id=a2.id, last=last)) == whole[3 - kept :]


def test_siblings_are_in_the_order_of_creation(alice, talk):
    conversation, root, a, _, b = talk
    assert alice.siblings(conversation) == {root.id: (root.id,), b.id: (a.id, b.id)}


def test_selecting_a_turn_shows_its_newest_descendant(alice, talk):
    conversation, root, a, a2, _ = talk
    alice.select(conversation, a.id)
    assert ids(alice.branch(conversation)) == [root.id, a.id, a2.id]


def test_selecting_a_turn_of_another_conversation_is_refused(alice, talk):
    _, root, *_ = talk
    other = alice.create()
    with pytest.raises(NotFound):
        alice.select(other.id, root.id)


def test_deleting_a_turn_shows_the_branch_beside_it(alice, talk):
    conversation, root, a, a2, b = talk
    alice.delete_turn(b.id)
    assert ids(alice.branch(conversation)) == [root.id, a.id, a2.id]


def test_deleting_a_turn_takes_its_descendants_along(alice, talk):
    conversation, root, a, a2, b = talk
    alice.select(conversation, a.id)
    alice.delete_turn(a.id)
    assert ids(alice.branch(conversation)) == [root.id, b.id]
    for gone in (a, a2):
        with pytest.raises(NotFound):
            alice.turn(gone.id)


def test_deleting_a_turn_elsewhere_leaves_the_shown_branch(alice, talk):
    conversation, root, a, _, b = talk
    alice.delete_turn(a.id)
    assert ids(alice.branch(conversation)) == [root.id, b.id]


def test_deleting_the_last_turn_shows_its_parent(alice):
    conversation = alice.create()
    turns = chain(alice, conversation.id, 3)
    alice.delete_turn(turns[2].id)
    assert ids(alice.branch(conversation.id)) == ids(turns[:2])


def test_deleting_the_root_leaves_an_empty_conversation(alice, talk):
    conversation, root, *_ = talk
    alice.delete_turn(root.id)
    assert alice.get(conversation).leaf_turn_id is None
    assert alice.branch(conversation) == []


def test_deleting_one_of_two_roots_shows_the_other(alice):
    conversation = alice.create()
    first, second = turn(conversation.id), turn(conversation.id)
    alice.save_turn(first)
    alice.save_turn(second)
    alice.delete_turn(second.id)
    assert ids(alice.branch(conversation.id)) == [first.id]


def test_a_long_branch_is_deleted_whole(alice):
    conversation = alice.create()
    turns = chain(alice, conversation.id, 40)
    alice.delete_turn(turns[1].id)
    assert alice.get(conversation.id).turn_count == 1


def test_an_unknown_leaf_is_not_an_empty_branch(alice, talk):
    with pytest.raises(NotFound):
        alice.branch(talk[0], leaf_id="turn_none")


def test_shown_branches_of_several_conversations_are_read_together(alice, library, talk):
    conversation, root, _, _, b = talk
    empty, foreign = alice.create(), library.bob.create()
    chain(library.bob, foreign.id, 2)
    found = alice.branches([conversation, empty.id, foreign.id, "conv_gone"])
    assert {i: ids(turns) for i, turns in found.items()} == {conversation: [root.id, b.id], empty.id: []}
