import re
import time
from pathlib import Path

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from components.markdown import JOINER, to_markdown

PAIRS = re.findall(
    r"^=== (.+?)\n(.*?)\n--- becomes\n(.*?)(?=\n\n=== |\Z)",
    (Path(__file__).parent / "golden_markdown.txt").read_text(encoding="utf-8"),
    re.MULTILINE | re.DOTALL,
)
PIECES = [
    "`", "``", "```", "````\n", "~~~", "\n", "\n\n", "    ", "> ", "- ", "1. ", "$", "$$", "\\(", "\\)", "\\[", "\\]",
    "\\", "![", "![a](http://e.com)", "](", "](javascript:x)", "]: ", "[", "]", "[^1]: ", "<", "<b>", "</b>", "<http://e.com>", "!",
    ":red[", ":smile:",
    ":::note", "http://e.com/", "word ", "5", " and ", "x^2", "|", "# ", "*", "\r", "\t", "é",
]  # fmt: skip
TEXTS = st.lists(st.sampled_from(PIECES), max_size=25).map("".join)


@pytest.mark.parametrize(("text", "expected"), [p[1:] for p in PAIRS], ids=[p[0] for p in PAIRS])
def test_golden(text, expected):
    assert to_markdown(text) == expected.rstrip("\n")


def test_the_golden_file_is_read_whole():
    assert len(PAIRS) == (Path(__file__).parent / "golden_markdown.txt").read_text().count("\n=== ")


def drawn(text):
    for token in MarkdownIt("commonmark").enable("table").parse(text):
        yield token
        yield from token.children or ()


@settings(max_examples=200)
@given(TEXTS)
def test_nothing_is_fetched_run_or_taken_for_html(text):
    for token in drawn(to_markdown(text)):
        assert token.type != "image"
        # Where a fence inside a list ends is uncertain; Streamlit shows HTML there as text in any case.
        assert token.type not in ("html_block", "html_inline") or "```" in text or "~~~" in text


@pytest.mark.parametrize(
    "text",
    [
        "> ```\n![](http://e.com)",
        "- a\n  ```\nx\n  ```\n```\n![](http://e.com)\n```",
        "$$ a\n\n![](http://e.com)\n\n$$",
        "$$\n```\n$$\n```\n![](http://e.com)\n```",
        "`a\n# b ![](http://e.com) `",
        "```\r![](http://e.com)",
        "\\\\![a](http://e.com)",
        "![a][b]\n\n[b]: http://e.com",
        "[![a](http://e.com)](http://e.com)",
        "http://e.com![a](http://e.com)",
        "<http://e.com![a](http://e.com)>",
        "\\(![a](http://e.com)\\)",
        "!\\[a](http://e.com) ![a\\](http://e.com)",
    ],
)
def test_no_trick_makes_the_browser_fetch_a_picture(text):
    for n in range(len(text) + 1):
        shown = to_markdown(text[:n])
        outside_code = [t for t in drawn(shown) if t.type == "image"]
        assert outside_code == []


@given(TEXTS)
def test_links_lead_to_the_web_or_to_mail_only(text):
    assume(not any(mark in text for mark in ("`", "~", "[^1]")))
    for token in drawn(to_markdown(text)):
        if token.type == "link_open":
            assert token.attrs["href"].startswith(("http://", "https://", "mailto:"))


@given(st.text(max_size=200) | TEXTS)
def test_every_prefix_of_an_arriving_text_can_be_shown(text):
    for n in range(len(text) + 1):
        assert isinstance(to_markdown(text[:n]), str)


@given(st.text(st.characters(exclude_characters="\\$`:<![]~\r"), max_size=200))
def test_plain_text_is_left_alone(text):
    assert to_markdown(text) == text


@pytest.mark.parametrize(("text", "expected"), [p[1:] for p in PAIRS], ids=[p[0] for p in PAIRS])
def test_what_was_converted_once_is_not_changed_again(text, expected):
    once = to_markdown(text)
    assert to_markdown(once).replace(JOINER, "") == once.replace(JOINER, "")


PROSE = (
    "Most of an answer is words, a sentence after another, with a mark here and there. " * 2
    + "It costs $5 and **$10** for \\(x^2\\), see `code` and [a](https://e.com): :smile: | a | b |\n\n"
)


@pytest.mark.parametrize("unit", [PROSE, *PIECES, "$x", "\\( ", "`a``b", "$$a", "![a](", ":a", "<a", "[^"])
def test_the_cost_grows_with_the_length(unit):
    text = unit * (100_000 // len(unit))
    best = min(_seconds(text) for _ in range(3))
    assert best < (0.05 if unit == PROSE else 0.7)


def _seconds(text):
    started = time.thread_time()
    to_markdown(text)
    return time.thread_time() - started
