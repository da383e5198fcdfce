from __future__ import annotations

import time
from itertools import pairwise
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services import tokens
from services.documents.chunks import Chunk, chunk
from services.documents.document import Document

WORDS = [
    "a",
    "the",
    "of",
    "time",
    "tokenization",
    "retrieval",
    "naïve",
    "Zürich",
    "12345",
    "don't",
    "日本語",
    "Überschrift",
    "x",
]


def prose(count: int, seed: int = 1) -> Document:
    """Paragraphs of sentences of random words."""
    random = Random(seed)
    sentences = (" ".join(random.choices(WORDS, k=random.randint(3, 20))) + "." for _ in range(count))
    return Document("text", "".join(sentence + random.choice([" ", " ", "\n\n"]) for sentence in sentences))


def texts(document: Document, chunks: list[Chunk]) -> list[str]:
    return [document.text[piece.start : piece.end] for piece in chunks]


documents = st.builds(
    Document,
    st.sampled_from(["text", "csv"]),
    st.lists(
        st.one_of(
            st.text(max_size=40),
            st.sampled_from(
                [
                    "\n\n",
                    " ",
                    "\n" * 300,
                    " " * 5000,
                    "x" * 700,
                    "word " * 40,
                    "日本語。" * 20,
                    "😀👩‍👩‍👧" * 9,
                    "\u0d9a" * 30,
                ]
            ),
        ),
        max_size=30,
    ).map("".join),
)
sizes = st.integers(16, 60).flatmap(lambda size: st.tuples(st.just(size), st.integers(0, size // 2)))


@settings(deadline=None, max_examples=200)
@given(documents, sizes)
def test_chunks_cover_the_text_within_their_limits(document: Document, size: tuple[int, int]) -> None:
    max_tokens, overlap_tokens = size
    chunks = chunk(document, max_tokens, overlap_tokens)
    assert [piece.ordinal for piece in chunks] == list(range(len(chunks)))
    for piece, text in zip(chunks, texts(document, chunks), strict=True):
        assert 0 <= piece.start < piece.end <= len(document.text)
        assert text == text.strip() != ""
        assert piece.tokens == tokens.count(text) <= max_tokens
    for before, after in pairwise(chunks):
        assert before.start < after.start
        assert before.end < after.end
        assert not document.text[before.end : after.start].strip()
    ends = (chunks[0].start, chunks[-1].end) if chunks else (len(document.text),) * 2
    assert not document.text[: ends[0]].strip()
    assert not document.text[ends[1] :].strip()


@pytest.mark.parametrize(("max_tokens", "overlap_tokens"), [(800, 400), (400, 100), (100, 0), (4096, 2048)])
def test_neighbours_overlap_by_about_what_was_asked(max_tokens: int, overlap_tokens: int) -> None:
    document = prose(3000)
    chunks = chunk(document, max_tokens, overlap_tokens)
    for before, after in pairwise(chunks):
        shared = tokens.count(document.text[after.start : before.end])
        assert overlap_tokens * 0.8 - 5 <= shared <= overlap_tokens + 5
    assert all(piece.tokens >= max_tokens * 0.8 for piece in chunks[:-1])


def test_chunks_begin_and_end_with_a_sentence_where_one_is_near() -> None:
    document = prose(3000)
    chunks = chunk(document)
    assert all(text.endswith(".") for text in texts(document, chunks))
    assert all(document.text[piece.start - 2] in ".\n" for piece in chunks[1:])


def test_a_paragraph_is_a_better_end_than_a_sentence() -> None:
    text = "Many words are here. " * 145 + "\n\n" + "Other words are there. " * 100
    (first, *_) = chunk(Document("text", text))
    assert text[first.end :].startswith(" \n\n")


def test_records_and_statements_are_not_divided() -> None:
    text = "\n".join(f"id: {i}. name: Mr. Smith; price: {i * 3}" for i in range(500))
    for piece in chunk(Document("csv", text)):
        assert text[piece.start :].startswith("id: ")
        assert text[piece.end : piece.end + 1] in ("", "\n")


def test_words_stay_whole() -> None:
    text = "internationalization " * 3000
    for piece in texts(Document("text", text), chunk(Document("text", text), 100, 50)):
        assert set(piece.split()) == {"internationalization"}


def test_a_short_text_is_one_chunk() -> None:
    assert chunk(Document("text", "  hello world\n")) == [Chunk(0, 2, 13, 2)]


@pytest.mark.parametrize("text", ["", " \n\t\n "])
def test_nothing_makes_no_chunk(text: str) -> None:
    assert chunk(Document("text", text)) == []


def test_blanks_make_no_chunks_of_what_is_covered_already() -> None:
    text = "word " * 300 + " \n \n" * 100_000 + "end"
    assert len(chunk(Document("text", text))) == 2


@pytest.mark.parametrize(("max_tokens", "overlap_tokens"), [(15, 0), (100, 51), (100, -1)])
def test_impossible_sizes_are_refused(max_tokens: int, overlap_tokens: int) -> None:
    with pytest.raises(ValueError, match="chunks of"):
        chunk(Document("text", "word"), max_tokens, overlap_tokens)


@pytest.mark.parametrize("text", ["Some plain words, and more. ", "日本語の文です。", "x", "😀"])
def test_three_megabytes_are_cut_in_seconds(text: str) -> None:
    chunk(Document("text", "warm"))
    document = Document("text", text * (3_000_000 // len(text)))
    started = time.thread_time()
    assert chunk(document)
    assert time.thread_time() - started < 5
