"""A report says all that was measured, runs nothing and fetches nothing."""

from __future__ import annotations

import csv
import io
import json
import re
from dataclasses import replace
from html.parser import HTMLParser

import pytest

from services.compare.line_chart import Line, line_chart
from services.compare.records import Comparison
from services.compare.report import Report, as_csv, as_json, as_markdown, gather
from services.compare.report_html import as_html
from services.turns import Mode
from tests.support.lanes import lane, talk

EVIL = '<script src="https://evil.example/x.js"></script><img src=x onerror=alert(1)> "quoted" & \'more\''
SAID = [("=SUM(A1:A9)", EVIL), ("Second | question", "## Heading\n\nplain")]


class Tags(HTMLParser):
    """Every tag of a page and what its attributes point to."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.names: set[str] = set()
        self.addresses: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.names.add(tag)
        self.addresses += [
            value or "" for name, value in attrs if name in ("src", "href", "style") or name[:2] == "on"
        ]


def report(**settings: object) -> Report:
    lanes = [lane(mode, instructions=EVIL) for mode in Mode]
    talks = [talk(one, *SAID) for one in lanes]
    return gather(Comparison("c1", f"Title {EVIL}", tuple(lanes)), talks, settings, [None] * 3)


def test_the_page_escapes_what_a_model_wrote_and_points_nowhere() -> None:
    page = as_html(report())
    tags = Tags(page)
    assert not tags.names & {"script", "img", "link", "iframe", "object", "form", "a"}
    assert tags.addresses == []
    assert "default-src 'none'" in page
    assert "url(" not in page
    assert page.count("<svg") == 4


def test_the_csv_holds_every_answer_and_no_formula() -> None:
    rows = list(csv.DictReader(io.StringIO(as_csv(report()).decode("utf-8-sig"))))
    assert len(rows) == 6
    assert rows[0]["message"] == "'=SUM(A1:A9)"
    assert rows[1]["answer"] == SAID[1][1]
    assert rows[1]["cost_so_far_usd"] == "0.0002"


def test_the_json_says_the_same_as_the_turns() -> None:
    content = json.loads(as_json(report(votes=[{"turn": 1, "winner": None}])))
    first = content["lanes"][0]
    assert first["turns"][0]["answer"] == EVIL
    assert first["projection"]["points"][99]["turn"] == 100
    assert content["scores"][0]["votes"] == 1


def test_the_markdown_has_figures_projection_and_talk() -> None:
    text = as_markdown(report(votes=[{"turn": 1, "winner": None}]))
    for heading in ("## Blind votes", "## To 100 turns", "## The talk"):
        assert heading in text
    assert "> Second | question" in text


def test_a_talk_of_one_turn_and_lanes_of_unequal_length_can_be_reported() -> None:
    lanes = [lane(mode) for mode in Mode]
    talks = [talk(one, *SAID[:count]) for one, count in zip(lanes, (0, 1, 2), strict=True)]
    made = gather(Comparison("c1", None, tuple(lanes)), talks, {}, [None] * 3, "gpt-6-luna")
    for text in (as_html(made), as_markdown(made)):
        assert "Send a second message" in text
    assert len(list(csv.reader(io.StringIO(as_csv(made).decode())))) == 4


def test_an_empty_comparison_is_a_report_too() -> None:
    made = replace(report(), lanes=())
    assert "<svg" not in as_html(made)
    assert as_markdown(made)


@pytest.mark.parametrize("values", [(), ((1.0, 0.0),), ((1.0, 5.0), (2.0, 1e9)), ((3.0, 1e-7),)])
def test_a_chart_of_any_values_stays_inside_its_frame(values: tuple[tuple[float, float], ...]) -> None:
    drawn = line_chart([Line("a", "b", values)], "described", str)
    places = [tuple(map(float, pair)) for pair in re.findall(r'cx="([\d.-]+)" cy="([\d.-]+)"', drawn)]
    assert len(places) == len(values)
    assert all(0 <= x <= 460 and 0 <= y <= 240 for x, y in places)
