"""Titles are short, plain and on one line, whatever the model says."""

from __future__ import annotations

import pytest

from services.naming import MAX_TITLE_CHARS, fallback_title, shorten, tidy_title


@pytest.mark.parametrize(
    ("said", "title"),
    [
        ('"Cooking for two."', "Cooking for two"),
        ("**Title:** Bread without yeast", "Bread without yeast"),
        ("Topic: Rekursion\n\nSure, here is more", "Rekursion"),
        ("\n\n# Recursion in Python", "Recursion in Python"),
        ("„Absage für Samstag“", "Absage für Samstag"),
        ("", ""),
        (
            "Recursion is a method in which a function calls itself again",
            "Recursion is a method in which a…",
        ),
    ],
)
def test_title_is_tidied(said: str, title: str) -> None:
    assert tidy_title(said) == title


def test_long_texts_are_cut_at_a_word() -> None:
    title = fallback_title("word " * 100)
    assert len(title) <= MAX_TITLE_CHARS and title.endswith("word…")
    assert shorten("short", 10) == "short"
    assert fallback_title("  ") == "New conversation"
