from __future__ import annotations

from services.lessons.catalogue import lesson, lessons
from services.lessons.progress import answered, progress, start_over
from services.storage.preferences import Preferences
from tests.services.lessons.conftest import preferences

__all__ = ["preferences"]


def test_a_lesson_is_done_when_all_its_questions_are_answered(preferences: Preferences) -> None:
    first = lesson("chat_completions")
    for index in range(3):
        assert not progress(preferences).is_done(first)
        answered(preferences, first, index)
    assert progress(preferences).is_done(first)


def test_the_next_lesson_is_the_first_whose_needs_are_met(preferences: Preferences) -> None:
    assert progress(preferences).next_of(lessons()) == lesson("chat_completions")
    for index in range(3):
        answered(preferences, lesson("chat_completions"), index)
    assert progress(preferences).next_of(lessons()) == lesson("assistants")


def test_starting_over_forgets_all(preferences: Preferences) -> None:
    answered(preferences, lesson("vision"), 0)
    start_over(preferences)
    assert not progress(preferences).answered
