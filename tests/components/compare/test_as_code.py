"""The tab that shows each lane as a program: one for each way to write it, and a sentence where there is none."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from services import address

CLOSED_PORT = 9
NASTY = "What is :red[this]? `$(x)` '''"


@pytest.fixture(autouse=True)
def fresh() -> Iterator[None]:
    """Nothing cached from another test, and a /v1 that does not answer."""
    st.cache_resource.clear()
    address.remember("127.0.0.1", CLOSED_PORT)
    yield
    address.remember("127.0.0.1", 8501)
    st.cache_resource.clear()


def _tab(turns: int) -> None:
    from components.compare import as_code
    from services.turns import Mode
    from tests.support.lanes import lane, talk

    said = [("What is :red[this]? `$(x)` '''", "It is so.")] * turns
    lanes = [lane(mode, instructions="Be brief.", tools=("file_search", "calculator")) for mode in Mode]
    as_code.draw([talk(one, *said) for one in lanes])


def opened(turns: int) -> AppTest:
    app = AppTest.from_function(_tab, default_timeout=60, args=(turns,)).run()
    assert not app.exception
    return app


def test_each_lane_is_shown_as_every_program_there_is() -> None:
    app = opened(2)
    programs = [
        block.value for block in app.code if "OPENAI_API_KEY" in block.value and "export" not in block.value
    ]
    assert len(programs) == 11
    assert (
        sum(NASTY in text for text in programs) == 7
    )  # a service is sent them, and a shell needs the dollar masked
    assert "LangChain has no class" in app.info[0].value
    assert "http://127.0.0.1:9/v1" in programs[4] and "https://api.openai.com/v1" in programs[0]


def test_before_the_first_message_there_is_code_already() -> None:
    assert any('"Hello"' in block.value for block in opened(0).code)
