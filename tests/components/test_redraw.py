"""A page cut short is drawn again, so no page may end itself the way Stop does."""

from __future__ import annotations

import re

import pytest
from streamlit.runtime.scriptrunner import StopException
from streamlit.testing.v1 import AppTest

from components import navigation, redraw

ENDS_ITSELF = re.compile(r"\bst\.stop\(")


def test_no_page_ends_as_stop_does() -> None:
    scripts = [
        path for folder in ("pages", "components") for path in (navigation.ROOT / folder).rglob("*.py")
    ]
    assert [path.name for path in scripts if ENDS_ITSELF.search(path.read_text())] == []


def test_stop_goes_on_where_there_is_no_page_to_draw_again() -> None:
    with pytest.raises(StopException), redraw.whole():
        raise StopException


def page() -> None:
    import streamlit as st

    from components import redraw

    with st.expander("where the thread drew last"), redraw.whole():
        st.markdown("the page")
        st.chat_input("a message")


def test_a_page_is_not_drawn_where_a_fragment_was_before() -> None:
    app = AppTest.from_function(page, default_timeout=30).run()
    assert not app.exception
    assert [text.value for text in app.markdown] == ["the page"]
    assert not app.expander[0].markdown
    assert app.chat_input[0].proto.is_auto_positioned_at_bottom
