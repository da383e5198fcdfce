"""Functions from a file come beside those a person has, and take the place of none."""

from __future__ import annotations

from dataclasses import replace

import pytest

from services.functions.checks import MAX_NAME_CHARS, check_name, make_function
from services.functions.function_tool import CannedAnswer, FunctionTool
from services.functions.incoming import beside


def function(name: str, answer: str = "20°") -> FunctionTool:
    return make_function(name, "", "", CannedAnswer(answer))


def test_function_of_a_free_name_comes_in_as_it_is() -> None:
    incoming = beside([function("f")], [function("g")])
    assert incoming.functions == (function("f"),)
    assert not incoming.names and not incoming.notices


def test_another_function_of_the_same_name_stays_and_the_new_one_is_named_apart() -> None:
    incoming = beside([function("f", "new")], [function("f", "mine")])
    assert incoming.functions == (function("f_2", "new"),)
    assert incoming.names == {"f": "f_2"}
    assert incoming.notices == (
        "You have another function called f. It stays; the one from the file is called f_2 here.",
    )


def test_equal_function_is_not_kept_twice_and_goes_on_asking_as_the_person_chose() -> None:
    mine = replace(function("f"), approval=True)
    assert beside([function("f")], [mine]).functions == ()
    assert not beside([function("f")], [mine]).names


def test_a_file_read_again_makes_nothing_new() -> None:
    known = [function("f", "mine"), function("f_2", "new")]
    incoming = beside([function("f", "new")], known)
    assert incoming.functions == () and incoming.names == {"f": "f_2"}


@pytest.mark.parametrize("length", [MAX_NAME_CHARS, MAX_NAME_CHARS - 1])
def test_a_long_name_stays_a_name(length: int) -> None:
    name = "f" * length
    (kept,) = beside([function(name, "new")], [function(name)]).functions
    check_name(kept.name)
    assert kept.name != name
