"""The lessons are whole: in order, with programs, questions and a page to go on with."""

from __future__ import annotations

import re

import pytest

from components import navigation
from services.errors import NotFound
from services.lessons.catalogue import TEXTS, lesson, lessons
from services.lessons.records import Lesson

each = pytest.mark.parametrize("one", lessons(), ids=lambda one: one.slug)


def test_there_are_twelve_and_every_folder_is_one() -> None:
    assert len(lessons()) == 12
    assert {one.slug for one in lessons()} == {folder.name for folder in TEXTS.iterdir()}


def test_no_lesson_comes_before_one_it_needs() -> None:
    seen: set[str] = set()
    for one in lessons():
        assert seen.issuperset(one.needs)
        seen.add(one.slug)


@each
def test_a_lesson_takes_about_five_minutes(one: Lesson) -> None:
    assert 3 <= one.minutes <= 6


@each
def test_a_lesson_has_a_live_program_and_says_what_changed(one: Lesson) -> None:
    assert any(program.is_live for program in one.programs)
    assert any("## What older tutorials still say" in part for part in one.body if isinstance(part, str))


@each
def test_all_its_programs_are_shown(one: Lesson) -> None:
    assert {p.name for p in one.programs} == {path.name for path in (TEXTS / one.slug).glob("*.py")}


@each
def test_it_has_three_questions_with_one_right_answer_each_and_all_explained(one: Lesson) -> None:
    assert len(one.questions) == 3
    for question in one.questions:
        assert sum(choice.right for choice in question.choices) == 1
        assert len(question.choices) >= 3
        assert all(choice.why for choice in question.choices)


@each
def test_it_leads_to_a_page_there_is(one: Lesson) -> None:
    assert one.page in {spec.name for specs in navigation.GROUPS.values() for spec in specs}


@each
def test_it_names_no_retired_model_in_its_code(one: Lesson) -> None:
    for program in one.programs:
        assert not re.search(r"gpt-3\.5|gpt-4o\"|whisper-1|dall-e|tts-1", program.code)


def test_an_unknown_lesson_is_a_sentence() -> None:
    with pytest.raises(NotFound, match="no such lesson"):
        lesson("alchemy")
