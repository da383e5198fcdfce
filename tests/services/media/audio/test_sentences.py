"""An answer cut into sentences for the ear."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.media.audio.sentences import CODE_NOTE, TABLE_NOTE, Sentences, sentences, speakable

ANSWER = """# A title

Dr. Smith paid $12.50 to J. K. Rowling at 9.30 a.m. on Monday. He said "Hello." Then, e.g. this: it works! See [the docs](http://x.y/z).

1. First item with **bold** text
2. Second `code` item.

```python
print("not. spoken.")
```

| a | b |
|---|---|
| 1 | 2 |

It rises by 2. The last one has no end"""
SPOKEN = [
    "A title",
    "Dr. Smith paid $12.50 to J. K. Rowling at 9.30 a.m. on Monday.",
    'He said "Hello."',
    "Then, e.g. this: it works!",
    "See the docs.",
    "First item with bold text",
    "Second code item.",
    CODE_NOTE,
    TABLE_NOTE,
    "It rises by 2.",
    "The last one has no end",
]


def test_abbreviations_numbers_code_and_markdown_are_read_as_a_person_would() -> None:
    assert sentences(ANSWER) == SPOKEN


@given(st.lists(st.integers(1, 30), min_size=1, max_size=40))
def test_it_does_not_matter_in_which_pieces_an_answer_comes(sizes: list[int]) -> None:
    cut, said, at = Sentences(), [], 0
    while at < len(ANSWER):
        size = sizes[at % len(sizes)]
        said += cut.feed(ANSWER[at : at + size])
        at += size
    assert " ".join([*said, *cut.end()]) == " ".join(SPOKEN)


def test_a_sentence_is_given_as_soon_as_the_next_one_begins() -> None:
    cut = Sentences()
    assert cut.feed("It is four. Th") == ["It is four."]
    assert cut.feed("at is all.") == []
    assert cut.end() == ["That is all."]


def test_the_first_stretch_may_end_at_a_comma_so_that_the_voice_begins_sooner() -> None:
    cut = Sentences()
    assert cut.feed("Well, to begin with what is plain to everybody, there ") == [
        "Well, to begin with what is plain to everybody,"
    ]
    assert cut.feed("are three reasons, all of them good ones, and more ") == []


def test_a_sentence_without_end_is_cut_at_a_space() -> None:
    said = sentences("word " * 200)
    assert all(len(part) <= 280 for part in said)
    assert " ".join(said).split() == ["word"] * 200


@pytest.mark.parametrize("text", ["", "   ", "---", "***", "```\n```", "【4:0†source】"])
def test_what_has_no_words_is_not_spoken(text: str) -> None:
    assert [s for s in sentences(text) if s != CODE_NOTE] == []


@pytest.mark.parametrize(
    ("markdown", "spoken"),
    [
        ("**Bold** and _soft_ and `code`", "Bold and soft and code"),
        ("Open https://example.com/a?b=c now", "Open example.com now"),
        ("snake_case_name stays", "snake_case_name stays"),
        ("2 * 3 * 4", "2 * 3 * 4"),
        (r"\( x \)", "x"),
        ("<b>x</b>", "x"),
    ],
)
def test_markup_is_taken_out(markdown: str, spoken: str) -> None:
    assert speakable(markdown) == spoken
