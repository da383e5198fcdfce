import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from services.turns import Finished, TextDelta
from services.words import MAX_WORD_CHARS, snippet, words
from tests.services.storage.make import turn


@pytest.fixture
def say(alice):
    conversation = alice.create(title="talk")

    def add(asked, answered="yes"):
        made = turn(conversation.id, asked, answered)
        alice.save_turn(made)
        return made

    return add


def found(alice, text):
    return [hit.turn_id for hit in alice.search(text)]


def test_finds_both_sides_and_gives_a_snippet(alice, say):
    made = say("How do volcanoes work?", "Molten rock, called magma, rises.")
    hit = alice.search("MAGMA")[0]
    assert (hit.turn_id, hit.conversation_id, hit.title) == (made.id, made.conversation_id, "talk")
    assert "called magma, rises" in hit.snippet
    assert hit.created_at == made.created_at
    assert found(alice, "volcanoes") == [made.id]


@pytest.mark.parametrize(
    ("said", "looked_for"),
    [
        ("Ein Café in Zürich", "cafe zurich"),
        ("Ein Cafe in Zurich", "Café Zürich"),
        ("straße", "STRASSE"),
        ("prefixes are words", "pref wor"),
        ("snake_case_name()", "case"),
        ("我喜欢机器学习", "机器"),
        ("Привет, мир", "прив"),
        ("версия 3.14", "3 14"),
        ("ﬁne print", "fine"),
    ],
)
def test_accents_case_and_beginnings_do_not_matter(alice, say, said, looked_for):
    made = say(said)
    assert found(alice, looked_for) == [made.id]


def test_every_word_must_be_there(alice, say):
    say("red apples")
    both = say("red and green apples")
    assert found(alice, "green red") == [both.id]
    assert found(alice, "green blue") == []


def test_newest_first_and_no_more_than_asked(alice, say):
    made = [say(f"same words {n}") for n in range(5)]
    assert [h.turn_id for h in alice.search("same", limit=2)] == [made[4].id, made[3].id]


WEIRD = ['"', "'", "*", "a*b", "NEAR(a b)", "AND", "OR NOT", "col:x", "^a", "-a", "a'); DROP TABLE turns; --"]
WEIRD += [
    "\\",
    "\0",
    "%",
    "_",
    "((",
    '"unclosed',
    "a & b | !c",
    "a:*",
    "<->",
    "\ud800",
    "  ",
    "",
    "x" * 10_000,
    "é" * 300,
]


@pytest.mark.parametrize("text", WEIRD)
def test_no_input_is_a_syntax_error(alice, say, text):
    say("something else entirely, zzz")
    assert alice.search(text) == []


def test_any_text_can_be_searched_for_and_is_found_by_its_own_words(alice, say):
    @settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(st.text(alphabet=st.characters(codec="utf-8"), max_size=40))
    def check(text):
        made = say(text)
        hits = found(alice, text)
        assert (made.id in hits) == bool(words(text))

    check()


def test_a_changed_answer_is_found_by_its_new_words_only(alice, say):
    made = say("question", "first wording")
    made.replies.clear()
    made.apply(TextDelta("second wording"))
    made.apply(Finished("stop"))
    alice.save_turn(made)
    assert found(alice, "first") == []
    assert found(alice, "second") == [made.id]


def test_what_is_asked_is_found_while_the_answer_streams(alice, say):
    made = say("streaming question", "")
    assert found(alice, "streaming") == [made.id]


def test_what_is_deleted_is_not_found(alice, say):
    made, other = say("delete me"), say("keep me")
    alice.delete_turn(made.id)
    assert found(alice, "me") == [other.id]
    alice.delete(other.conversation_id)
    assert found(alice, "me") == []


def test_what_is_imported_is_found(alice, say):
    made = say("wandering albatross")
    copy = alice.import_json(alice.export_json(made.conversation_id))
    assert {h.conversation_id for h in alice.search("albatross")} == {made.conversation_id, copy.id}


def test_a_very_long_message_is_stored_and_searchable(alice, say):
    made = say("needle " + " ".join(f"word{n}" for n in range(40_000)))
    assert found(alice, "needle word39") == [made.id]


def test_words_are_bounded():
    assert words("a" * 1000) == ["a" * MAX_WORD_CHARS]


def test_a_snippet_shows_the_place_of_the_word():
    text = "start " + "filler " * 100 + "Überraschung here " + "filler " * 100
    part = snippet([text], ["uberr"])
    assert "Überraschung" in part
    assert part.startswith("…") and part.endswith("…")
    assert len(part) < 200
