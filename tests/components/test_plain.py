"""Titles and excerpts are shown as they were written."""

from __future__ import annotations

import pytest

from components.plain import plain


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
    ],
)
def test_signs_mean_nothing(text: str, shown: str) -> None:
    assert plain(text) == shown
