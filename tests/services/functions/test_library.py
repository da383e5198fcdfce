from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from services.errors import InvalidInput, NotFound
from services.functions.checks import make_function
from services.functions.function_tool import CannedAnswer, FunctionTool, TypedAnswer, demo_function
from services.functions.http_operation import Credential, HttpOperation, Parameter
from services.functions.library import PREFIX, Library
from services.storage.database import Database, open_database
from services.storage.preferences import Preferences
from services.tools import toolbox
from services.tools.calculator import CALCULATOR

HTTP = HttpOperation(
    "POST",
    "https://api.example/v1",
    "/pets/{id}",
    (Parameter("id", "path", "id", "comma"), Parameter("name", "body", "name", "json")),
    Credential("key", "header", "X-Key", False),
    "application/json",
    True,
)
OWN = (
    make_function("canned", "Says noon.", "", CannedAnswer("noon"), approval=True),
    make_function("http", "Makes a pet.", '{"type": "object", "properties": {"id": {}}}', HTTP),
    make_function("typed", "", "", TypedAnswer(), strict=True),
)


@pytest.fixture
def database(own_home: Path) -> Iterator[Database]:
    opened = open_database(f"sqlite:///{own_home / 'tandem.db'}")
    yield opened
    opened.close()


def library(database: Database, owner: str = "alice") -> Library:
    return Library(Preferences(database, owner), toolbox())


def test_what_was_saved_is_found_again(database):
    library(database).save(*OWN)
    assert library(database).all()[-3:] == OWN
    assert library(database).get("http") == OWN[1]


def test_the_demo_tools_are_always_there(database):
    names = [function.name for function in library(database).all()]
    assert names == [tool.name for tool in toolbox()]
    assert library(database).get("calculator") == demo_function(CALCULATOR)


def test_each_owner_has_their_own(database):
    library(database, "alice").save(*OWN)
    with pytest.raises(NotFound):
        library(database, "bob").get("http")
    library(database, "bob").delete("http")
    assert library(database, "alice").get("http") == OWN[1]


def test_saving_again_replaces_and_deleting_forgets(database):
    mine = library(database)
    mine.save(*OWN)
    mine.save(make_function("typed", "Now canned.", "", CannedAnswer("x")))
    assert mine.get("typed").answer == CannedAnswer("x")
    mine.delete("typed", "never there")
    with pytest.raises(NotFound, match="typed"):
        mine.get("typed")


def test_a_demo_tool_keeps_the_choice_and_nothing_else(database):
    mine = library(database)
    mine.save(demo_function(CALCULATOR, approval=True))
    assert mine.get("calculator").needs_approval and mine.get("calculator").answer is CALCULATOR
    mine.delete("calculator")
    assert not mine.get("calculator").needs_approval
    with pytest.raises(InvalidInput, match="demo tool"):
        mine.save(make_function("calculator", "", "", TypedAnswer()))


def test_one_bad_function_keeps_the_others_out(database):
    mine = library(database)
    with pytest.raises(InvalidInput):
        mine.save(OWN[0], FunctionTool("bad name", "", {}, TypedAnswer()))
    with pytest.raises(NotFound):
        mine.get("canned")


def test_there_is_an_end_to_functions(database):
    many = [make_function(f"f{i}", "", "", TypedAnswer()) for i in range(401)]
    with pytest.raises(InvalidInput, match="400 is the most"):
        library(database).save(*many)


@pytest.mark.parametrize(
    "stored", [None, [], {}, {"kind": "other"}, {"kind": "http", "answer": {"x": 1}}, "text"]
)
def test_what_another_release_stored_does_not_hide_the_rest(database, stored):
    mine = library(database)
    mine.save(*OWN)
    Preferences(database, "alice").set(PREFIX + "old", stored)
    assert mine.all()[-3:] == OWN


def test_no_key_is_ever_stored(database):
    library(database).save(*OWN)
    stored = Preferences(database, "alice").all(PREFIX)
    assert stored[PREFIX + "http"]["answer"]["credential"] == {
        "scheme": "key", "kind": "header", "name": "X-Key", "is_required": False
    }  # fmt: skip
