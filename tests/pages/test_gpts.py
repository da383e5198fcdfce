"""GPTs on their page: made from one that is ready, saved, opened again, deleted."""

from __future__ import annotations

from tests.pages.conftest import OpenPage, texts
from tests.support.upstream import ScriptedUpstream


def test_one_that_is_ready_becomes_ones_own(open_page: OpenPage, own_server: ScriptedUpstream) -> None:
    app = open_page("gpts")
    next(b for b in app.button if b.label == "Use this").click().run()
    assert not app.exception
    assert app.text_input[0].value == "Plain words"
    next(b for b in app.button if b.label == "Save").click().run()
    assert not app.exception
    assert "Plain words" in [title.value.split(": ")[-1] for title in app.title]
    assert "Yours" in [header.value for header in open_page("gpts").header]


def test_one_without_a_name_is_not_saved_and_nothing_typed_is_lost(
    open_page: OpenPage, own_server: ScriptedUpstream
) -> None:
    app = open_page("gpts")
    app.button(key="new-gpt").click().run()
    app.text_area[1].set_value("Be brief.").run()
    next(b for b in app.button if b.label == "Save").click().run()
    assert "a name" in app.error[0].value
    assert "Be brief." in [area.value for area in app.text_area]


def test_an_unknown_one_shows_the_list(open_page: OpenPage, own_server: ScriptedUpstream) -> None:
    app = open_page("gpts", g="gpt_nowhere")
    assert "no such GPT" in app.error[0].value
    assert "To start from" in texts(app)
