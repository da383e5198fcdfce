"""The states of a run as a picture: each is there, the present one lit, and the words say the same."""

from __future__ import annotations

from typing import get_args
from xml.etree import ElementTree

import pytest
from streamlit.testing.v1 import AppTest

from components.assistant.diagram import ARROWS, FROM_FRAME, LIT, NOT_OVER, PLACES, WORDS, svg
from services.server.runs import states
from services.turns import RunState

STATES = get_args(RunState)
NAMES = {"svg": "http://www.w3.org/2000/svg"}


def test_every_state_has_its_box_and_its_words() -> None:
    assert set(PLACES) == set(WORDS) == set(STATES)


def test_the_arrows_are_the_moves_a_run_can_make() -> None:
    from_any = {(state, end) for state in NOT_OVER for end in FROM_FRAME}
    assert set(NOT_OVER) == {str(state) for state in states.ACTIVE}
    assert set(ARROWS) | from_any == {(str(a), str(b)) for a, ends in states.MOVES.items() for b in ends}
    assert not set(ARROWS) & from_any


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("present", [*STATES, None])
def test_the_present_state_alone_is_lit(present: RunState | None, theme: str) -> None:
    picture = ElementTree.fromstring(svg(present, theme))
    boxes = picture.findall("svg:rect", NAMES)
    labels = [text.text for text in picture.findall("svg:text", NAMES)]
    assert sorted(map(str, labels)) == sorted(STATES)
    lit = [label for box, label in zip(boxes, labels, strict=True) if box.get("fill") == LIT]
    assert lit == ([present] if present else [])
    assert len(picture.findall("svg:polyline", NAMES)) == len(ARROWS) + len(FROM_FRAME)


def page() -> None:
    import streamlit as st

    from components.assistant import diagram

    present = st.query_params.get("state")
    diagram.draw(present)  # type: ignore[arg-type]


@pytest.mark.parametrize("state", ["requires_action", None])
def test_who_does_not_see_the_picture_hears_its_state(state: RunState | None) -> None:
    app = AppTest.from_function(page, default_timeout=30)
    if state:
        app.query_params["state"] = state
    app.run()
    assert not app.exception
    said = f" {WORDS[state]}." if state else ""
    assert app.markdown[0].value.startswith(f"![States of a run.{said}](data:image/svg+xml;base64,")
