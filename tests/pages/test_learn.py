"""Lessons on their page: found, answered, remembered."""

from __future__ import annotations

import pytest

from services.lessons.catalogue import lesson, lessons
from tests.pages.conftest import OpenPage, texts
from tests.support.upstream import ScriptedUpstream


def test_the_list_names_every_lesson(open_page: OpenPage, own_server: ScriptedUpstream) -> None:
    shown = texts(open_page("learn"))
    assert all(one.title in shown for one in lessons())
    assert "0 of 12 done" in shown or "Begin" in str([b.label for b in open_page("learn").button])


@pytest.mark.parametrize("slug", [one.slug for one in lessons()])
def test_every_lesson_opens(slug: str, open_page: OpenPage, own_server: ScriptedUpstream) -> None:
    app = open_page("learn", l=slug)
    assert not app.exception
    assert lesson(slug).title in [title.value for title in app.title]


def test_a_right_answer_is_explained_and_kept(open_page: OpenPage, own_server: ScriptedUpstream) -> None:
    question = lesson("chat_completions").questions[0]
    app = open_page("learn", l="chat_completions")
    app.radio[0].set_value((question.right + 1) % 3).run()
    assert app.warning and not app.success
    app.radio[0].set_value(question.right).run()
    assert question.choices[question.right].why in [box.value for box in app.success]
    again = open_page("learn", l="chat_completions")
    assert again.radio[0].value == question.right


def test_an_unknown_lesson_shows_the_list(open_page: OpenPage, own_server: ScriptedUpstream) -> None:
    app = open_page("learn", l="alchemy")
    assert "no such lesson" in app.error[0].value
    assert "Twelve lessons" in [title.value for title in app.title]
