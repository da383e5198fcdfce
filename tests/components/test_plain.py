"""Titles and excerpts are shown as they were written."""

from __future__ import annotations

import pytest

from components.plain import plain, plain_lines


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Sourdough on holiday", "Sourdough on holiday"),
        ("## A heading\n\n```py", "\\#\\# A heading \\`\\`\\`py"),
        ("a | b", "a \\| b"),
        ("$5 and $6", "\\$5 and \\$6"),
        ("![x](http://h/p.png)", "\\!\\[x\\]\\(http\\:\u2060\\/\\/h\\/p\\.png\\)"),
        (":red[x] :smile:", "\\:\u2060red\\[x\\] \\:\u2060smile:"),
        ("at 12: noon", "at 12: noon"),
        ("a <= b -> c", "a \\<\u2060\\= b \\-\u2060\\> c"),
        ("a<=b", "a\\<\\=b"),
    ],
)
def test_signs_mean_nothing(text: str, shown: str) -> None:
    assert plain(text) == shown


def test_lines_and_their_indentation_stay() -> None:
    assert plain_lines("if *a*:\n    b\n\n\tc") == (
        "if \\*a\\*\\:\u2060  \n\u00a0\u00a0\u00a0\u00a0b  \n  \n\u00a0\u00a0\u00a0\u00a0c"
    )


def test_each_line_has_its_own_background() -> None:
    assert plain_lines("a [b]\n \n  c", "yellow") == (
        ":yellow-background[a \\[b\\]]  \n  \n\u00a0\u00a0:yellow-background[c]"
    )


def test_texts_that_follow_each_other_make_no_command() -> None:
    assert plain_lines("so:") + plain_lines("x", "yellow") == "so\\:\u2060:yellow-background[x]"
