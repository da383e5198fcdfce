"""The comparison page without a browser: what it says when nothing is there, and what it keeps."""

from __future__ import annotations

from streamlit.testing.v1 import AppTest

from services.turns import Mode
from tests.pages.conftest import OpenPage
from tests.support.upstream import ScriptedUpstream


def shown(app: AppTest) -> str:
    """All texts of the page."""
    return "\n".join(element.value for element in (*app.markdown, *app.caption, *app.warning, *app.error))


def test_empty_page_has_a_lane_for_each_mode_and_says_what_they_lack(
    open_page: OpenPage, own_server: ScriptedUpstream
) -> None:
    app = open_page("compare")
    assert not app.exception
    assert all(name in shown(app) for name in ("Chat Completions", "Assistants", "Responses"))
    assert len([button for button in app.button if button.label == "Play"]) == 5


def test_lanes_that_were_set_up_are_there_again_in_another_session(
    open_page: OpenPage, own_server: ScriptedUpstream
) -> None:
    open_page("compare").button(key="add-lane").click().run()
    app = open_page("compare")
    assert not app.exception
    assert shown(app).count("**Chat Completions 1**") == shown(app).count("**Chat Completions 4**") == 1
    app.button(key="new-comparison").click().run()
    assert "Chat Completions 4" not in shown(app)


def test_comparison_that_is_gone_says_so(open_page: OpenPage, own_server: ScriptedUpstream) -> None:
    app = open_page("compare", k="comp_gone")
    assert not app.exception
    assert "does not exist any more" in shown(app)


def test_page_opens_while_no_server_answers(open_page: OpenPage) -> None:
    app = open_page("compare")
    assert not app.exception
    assert len(Mode) == 3 and "Every lane gets the same message" in shown(app)
