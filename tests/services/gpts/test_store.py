"""GPTs are kept, shared and opened by others without harm."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from services.errors import InvalidInput, NotFound
from services.gpts.ready import ready
from services.gpts.records import MAX_INSTRUCTIONS_CHARS, Gpt
from services.gpts.store import KIND, VERSION, Gpts, from_file, to_file
from services.storage.database import open_database
from services.storage.preferences import Preferences

TUTOR = Gpt(
    "gpt_1",
    "Tutor",
    "Teaches.",
    "school",
    "Ask, never tell.",
    ("Why?",),
    ("calculator", "file_search"),
    "vs_1",
)


@pytest.fixture
def preferences(tmp_path: Path) -> Preferences:
    return Preferences(open_database(f"sqlite:///{tmp_path}/tandem.db"), "someone")


def test_what_was_saved_is_found_again(preferences: Preferences) -> None:
    Gpts(preferences).save(TUTOR)
    assert Gpts(preferences).get("gpt_1") == TUTOR


def test_saving_again_replaces(preferences: Preferences) -> None:
    gpts = Gpts(preferences)
    gpts.save(TUTOR)
    gpts.save(replace(TUTOR, name="Teacher"))
    assert [gpt.name for gpt in gpts.all()] == ["Teacher"]


def test_a_deleted_one_is_gone(preferences: Preferences) -> None:
    gpts = Gpts(preferences)
    gpts.save(TUTOR)
    gpts.delete("gpt_1")
    with pytest.raises(NotFound, match="no such GPT"):
        gpts.get("gpt_1")


@pytest.mark.parametrize("strange", ["", "x" * 500, "../budgets", "%"])
def test_a_strange_id_names_nothing(strange: str, preferences: Preferences) -> None:
    with pytest.raises(NotFound):
        Gpts(preferences).get(strange)


def test_a_copy_has_an_id_of_its_own(preferences: Preferences) -> None:
    gpts = Gpts(preferences)
    copy = gpts.duplicate(gpts.save(TUTOR))
    assert copy.id != TUTOR.id
    assert len(gpts.all()) == 2


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"name": "  "}, "a name"),
        ({"instructions": "x" * (MAX_INSTRUCTIONS_CHARS + 1)}, "Shorten it"),
        ({"starters": tuple("abcdefg")}, "too many"),
        ({"starters": ("x" * 300,)}, "conversation starter"),
    ],
)
def test_what_it_may_not_be_is_a_sentence(
    change: dict[str, object], words: str, preferences: Preferences
) -> None:
    with pytest.raises(InvalidInput, match=words):
        Gpts(preferences).save(replace(TUTOR, **change))  # type: ignore[arg-type]


def test_a_shared_one_comes_back_without_its_files() -> None:
    back = from_file(to_file(TUTOR))
    assert replace(back, id=TUTOR.id, knowledge=TUTOR.knowledge) == TUTOR
    assert back.id != TUTOR.id
    assert b"vs_1" not in to_file(TUTOR)


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "no JSON"),
        (b"[" * 100_000, "no JSON"),
        (b"[]", "no GPT"),
        (json.dumps({"kind": KIND, "version": 99}).encode(), "another version"),
        (json.dumps({"kind": KIND, "version": VERSION, "gpt": {"name": 3}}).encode(), "damaged"),
        (
            json.dumps({"kind": KIND, "version": VERSION, "gpt": {"name": "x", "tools": [{}]}}).encode(),
            "damaged",
        ),
        (b" " * 600_000, "at most"),
    ],
)
def test_a_file_that_is_none_is_a_sentence(data: bytes, words: str) -> None:
    with pytest.raises(InvalidInput, match=words):
        from_file(data)


def test_a_file_cannot_choose_an_icon_that_is_none() -> None:
    told = json.loads(to_file(TUTOR))
    told["gpt"]["icon"] = "school: ![x](http://evil.example)"
    assert from_file(json.dumps(told).encode()).icon in {"school"}


def test_six_are_ready_and_fit_to_be_saved(preferences: Preferences) -> None:
    gpts = Gpts(preferences)
    for one in ready():
        assert gpts.save(one) == one
    assert len(gpts.all()) == 6
