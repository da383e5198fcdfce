"""A difference is explained only where its reason was written down for."""

from __future__ import annotations

from tests.golden.compare import Difference
from tests.golden.explained import Explanation, explanation_of
from tests.golden.test_judge import exchange

KNOWN = (Explanation(r"GET /threads/\w+/runs/\w+", r"usage\.\w+", "as recorded by mistake"),)


def test_an_explanation_holds_for_its_request_and_place_alone() -> None:
    here, elsewhere = Difference("usage.total_tokens", "1", "2"), Difference("status", "1", "2")
    assert explanation_of("any", exchange({}), here, KNOWN) is KNOWN[0]
    assert explanation_of("any", exchange({}), elsewhere, KNOWN) is None
