"""Chunk size and overlap tried live: the same question against the same file, cut in different ways."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from components import figures, server_files
from components.plain import plain
from components.retrieval.desk import RetrievalDesk, excerpt, remembered
from services.documents.chunks import MIN_TOKENS
from services.retrieval.api import local_embedding_model
from services.retrieval.chunking import (
    EMBEDDED_CHARACTERS,
    MOST_CHARACTERS,
    ChunkHit,
    Cut,
    Cutting,
    Embed,
    Trial,
    cut,
    speed,
    trial,
)

if TYPE_CHECKING:
    from services.retrieval.records import Vectors

RESULT = "retrieval_trials"
HITS = 3
EXCERPT_CHARS = 500
LARGEST = 4096
USUAL = (Cutting(800, 400), Cutting(300, 50), Cutting(100, 0))
LETTERS = "ABC"


@dataclass(frozen=True, slots=True)
class Tried:
    """What was tried last, and on what."""

    filename: str
    question: str
    trials: Sequence[Trial]


def draw(desk: RetrievalDesk) -> None:
    """Draw the trial. Raises AppError."""
    st.caption(
        "Files are cut into chunks before they are searched. Large ones carry more context and blur what they are about; "
        "small ones are precise and may cut an answer in two. An overlap repeats the end of one chunk in the next. "
        "Nothing you try here changes the collection."
    )
    ready = {server_files.name(f.id): f.id for f in desk.files if f.status == "completed"}
    if not ready:
        st.info("No file has been read yet. Come back in a moment.", icon=":material/hourglass_top:")
        return
    filename = st.selectbox("File", list(ready), key=f"trial-file-{desk.store_id}")
    question = st.text_input(
        "Question",
        key=f"trial-question-{desk.store_id}",
        max_chars=1000,
        placeholder="How long is the warranty?",
    )
    cuttings = _cuttings(desk)
    if cuttings is None:
        return
    with st.spinner("Reading the file and cutting it"):
        cuts = _cuts(desk, filename, ready[filename], cuttings)
    embed = _embed(desk) if _wants_vectors(desk, cuts) else None
    if len(cuts[0].text) >= MOST_CHARACTERS:
        st.caption(f"Of this long file the first {MOST_CHARACTERS:,} characters are tried.")
    asked = (question or "").strip()
    if st.button("Try", type="primary", icon=":material/content_cut:", disabled=not asked, key="trial-go"):
        made = Tried(filename, asked, _try(cuts, asked, embed))
        st.session_state.setdefault(RESULT, {})[desk.store_id] = made
    if (tried := st.session_state.get(RESULT, {}).get(desk.store_id)) is not None:
        _draw_results(tried)


def _cuttings(desk: RetrievalDesk) -> list[Cutting] | None:
    found: list[Cutting] = []
    for column, letter, usual in zip(st.columns(len(USUAL)), LETTERS, USUAL, strict=True):
        with column.container(border=True):
            size = st.number_input(
                f"{letter}: tokens a chunk",
                MIN_TOKENS,
                LARGEST,
                usual.max_tokens,
                50,
                key=f"size-{letter}-{desk.store_id}",
            )
            overlap = st.number_input(
                f"{letter}: tokens of overlap",
                0,
                LARGEST // 2,
                usual.overlap_tokens,
                25,
                key=f"overlap-{letter}-{desk.store_id}",
            )
            found.append(Cutting(int(size), int(overlap)))
    wrong = [letter for letter, c in zip(LETTERS, found, strict=True) if c.overlap_tokens > c.max_tokens // 2]
    if wrong:
        st.warning(
            f"The overlap of {', '.join(wrong)} is more than half of its chunk. Make it smaller.",
            icon=":material/error:",
        )
        return None
    return found


def _cuts(desk: RetrievalDesk, filename: str, file_id: str, cuttings: Sequence[Cutting]) -> list[Cut]:
    def make() -> list[Cut]:
        text = remembered(("text", file_id), lambda: desk.api.text(desk.store_id, file_id))
        return [cut(text, filename, cutting) for cutting in cuttings]

    return remembered(("cuts", file_id, *cuttings), make)


def _wants_vectors(desk: RetrievalDesk, cuts: Sequence[Cut]) -> bool:
    wants = st.toggle(
        "Use vectors, too",
        key=f"trial-vectors-{desk.store_id}",
        help="Without them chunks are found by their words alone, at once.",
    )
    if wants:
        chunks = [one for made in cuts for one in made.to_embed]
        with st.spinner("Trying how fast the embedding model is here"):
            tokens_per_s = remembered(("speed",), lambda: speed(_embed(desk)))
        about = figures.seconds(sum(one.tokens for one in chunks) / tokens_per_s)
        part = (
            f" Of this file that is the first {EMBEDDED_CHARACTERS:,} characters; the rest is found by words."
        )
        is_whole = len(cuts[0].text) <= EMBEDDED_CHARACTERS
        st.caption(
            f"{figures.counted(len(chunks), 'chunk')} to embed, about {about}.{'' if is_whole else part}"
        )
    return bool(wants)


def _embed(desk: RetrievalDesk) -> Embed:
    model = local_embedding_model()

    def embed(texts: Sequence[str]) -> Vectors:
        return desk.api.embed(texts, model)[0]

    return embed


def _try(cuts: Sequence[Cut], question: str, embed: Embed | None) -> list[Trial]:
    bar = st.progress(0.0, "Searching")
    made = []
    for number, one in enumerate(cuts):

        def show(done: int, of: int, number: int = number) -> None:
            share = (number + done / of) / len(cuts)
            bar.progress(share, f"{LETTERS[number]}: {done:,} of {of:,} chunks have a vector")

        made.append(trial(one, question, HITS, embed, show))
    bar.empty()
    return made


def _draw_results(tried: Tried) -> None:
    st.markdown(f"“{plain(tried.question)}” in {plain(tried.filename)}")
    for column, letter, made in zip(st.columns(len(tried.trials)), LETTERS, tried.trials, strict=True):
        with column:
            _draw_trial(letter, made, tried.question)
    st.caption("Scores compare chunks of one column with each other, not those of different columns.")


def _draw_trial(letter: str, made: Trial, question: str) -> None:
    st.markdown(f"**{letter}** · {made.cutting.max_tokens:,} tokens, {made.cutting.overlap_tokens:,} overlap")
    st.caption(
        f"{figures.counted(made.chunks, 'chunk')}, {made.tokens:,} tokens in all, half of them over {made.median_tokens:,}"
        + (f"; {made.embedded:,} with a vector" if made.embedded else "; by words alone")
    )
    if not made.hits:
        st.info("Nothing found.", icon=":material/search_off:")
    for rank, hit in enumerate(made.hits, 1):
        _draw_hit(st.container(border=True, gap="xsmall"), rank, hit, question)


def _draw_hit(slot: DeltaGenerator, rank: int, hit: ChunkHit, question: str) -> None:
    with slot:
        st.markdown(f"**{rank}** :blue-badge[score {hit.score:.2f}] :gray-badge[{hit.tokens:,} tokens]")
        st.caption(plain(excerpt(hit.text, question, EXCERPT_CHARS)))
        if len(hit.text) > EXCERPT_CHARS:
            with st.expander("The whole chunk"):
                st.caption(plain(hit.text))
