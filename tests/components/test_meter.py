"""The meter says what is known, and that the rest is unknown."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from decimal import Decimal

import pytest
from streamlit.testing.v1 import AppTest

from components import meter
from components.meter import ContextShare, Line, bar
from services.turns import Usage

SVG = "{http://www.w3.org/2000/svg}"


def widths(context: ContextShare) -> list[float]:
    """How wide each share is drawn, of 300."""
    shares = ET.fromstring(bar(context)).find(f"{SVG}g")
    assert shares is not None
    return [float(r.attrib["width"]) for r in shares.findall(f"{SVG}rect")][1:]


def test_bar_shows_each_share_of_the_window() -> None:
    assert widths(ContextShare(100, 200, 0, 100, 1000)) == [30, 60, 0, 30]


@pytest.mark.parametrize("window", [None, 0])
def test_window_nobody_knows_is_as_wide_as_what_is_in_it(window: int | None) -> None:
    assert widths(ContextShare(0, 50, 0, 50, window)) == [0, 150, 0, 150]


def test_more_than_fits_still_fits_the_bar() -> None:
    assert sum(widths(ContextShare(0, 2000, 0, 1000, 1000))) == pytest.approx(300, abs=0.2)


def test_nothing_used_is_an_empty_bar() -> None:
    assert widths(ContextShare(0, 0, 0, 0, None)) == [0, 0, 0, 0]


@pytest.mark.parametrize(
    ("usd", "unknown_calls", "shown"),
    [
        (None, 0, "unknown"),
        ("0", 0, "free"),
        ("0.00002", 0, "<\\$0.0001"),
        ("0.25", 0, "\\$0.2500"),
        (None, 2, "unknown"),
        ("0", 2, "unknown"),
        ("0.25", 1, "\\$0.2500 + ?"),
    ],
)
def test_cost_nobody_knows_is_never_free(usd: str | None, unknown_calls: int, shown: str) -> None:
    assert meter._cost(None if usd is None else Decimal(usd), unknown_calls) == shown


def test_cost_of_a_running_turn_is_open_until_something_was_paid() -> None:
    assert meter._line_cost(Line(Usage(), Decimal(0)), True) == "…"
    assert meter._line_cost(Line(Usage(), Decimal("0.5")), True) == "\\$0.5000"


@pytest.mark.parametrize(
    ("usage", "shown"),
    [
        (Usage(), "–"),
        (Usage(10, 5), "10 → 5"),
        (Usage(10, None), "10 → –"),
        (Usage(123_456, 99_999), "123k → 99,999"),
    ],
)
def test_tokens_read_then_written(usage: Usage, shown: str) -> None:
    assert meter._tokens(usage) == shown


def test_little_of_a_large_window_is_not_nothing() -> None:
    assert [meter._percent(share) for share in (0, 0.0004, 0.25)] == ["0%", "<1%", "25%"]


def page() -> None:
    import streamlit as st

    from components import meter
    from components.meter import ContextShare, Line, Reading
    from services.turns import Usage

    nothing = Line(Usage(), None)
    share = ContextShare(0, 0, 0, 0, None)
    meter.draw(st.empty(), Reading(None, Usage(), nothing, nothing, share, called=st.query_params["called"]))


@pytest.mark.parametrize("called", ["Chat", "Thread"])
def test_the_conversation_is_called_what_the_page_calls_it(called: str) -> None:
    app = AppTest.from_function(page, default_timeout=30)
    app.query_params["called"] = called
    app.run()
    assert not app.exception
    assert app.caption[0].value.split() == ["Turn", called, "Today"]


def page_with_media() -> None:
    import streamlit as st

    from components import meter
    from components.meter import ContextShare, Line, Reading
    from services.metering.records import Media
    from services.turns import Usage

    nothing = Line(Usage(), None)
    share = ContextShare(0, 0, 0, 0, None)
    all_of_it, here = Media(150.0, 2000, 3), Media(0.0, 1000, 0)
    meter.draw(
        st.empty(),
        Reading(None, Usage(), nothing, nothing, share, media=all_of_it, local_media=here),
    )


def test_sound_and_pictures_are_told_with_what_they_would_have_cost() -> None:
    app = AppTest.from_function(page_with_media, default_timeout=30).run()
    assert not app.exception
    (told,) = [one.value for one in app.caption if one.value.startswith("Today also")]
    assert told == (
        "Today also 3 pictures, 2 min of sound heard, 2,000 characters spoken. What was made here, on tts-1: \\$0.0150"
    )
