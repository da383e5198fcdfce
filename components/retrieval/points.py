"""The map: passages as points, the question among them, and what it finds lit."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

import streamlit as st

from components import figures
from components.plain import plain
from components.retrieval.desk import (
    RetrievalDesk,
    beginning,
    draw_extent,
    excerpt,
    ink,
    is_remembered,
    paper,
    place,
    read_shelf,
    remembered,
)
from services.retrieval.api import local_embedding_model
from services.retrieval.projection import MOST_POINTS, Method, Projection, estimated_s, project
from services.retrieval.records import SIDES, Passage, Shelf, Side

if TYPE_CHECKING:
    import altair as alt

LIT = 5
MOST_COLOURS = 6
OTHERS = "other files"
HEIGHT_PX = 440
LONGEST_NAME = 28
EXCERPT_CHARS = 420
STAR = "M0,.5L.6,.8L.5,.1L1,-.3L.3,-.4L0,-1L-.3,-.4L-1,-.3L-.5,.1L-.6,.8L0,.5Z"
SIDE_NAMES: dict[Side, str] = {
    "vectors": ":material/hub: By vectors",
    "words": ":material/match_word: By words",
    "both": ":material/join: By both",
}
SIDE_WORDS: dict[Side, str] = {
    "vectors": "Vectors find what means the same in other words. They are vague about names, numbers and codes.",
    "words": "Words find exactly what you typed, a part number for instance. They miss what is said otherwise.",
    "both": "Each finds what the other misses, so Tandem weighs both. This is what an answer in Ask is built on.",
}
METHODS: dict[Method, str] = {"pca": "PCA", "tsne": "t-SNE"}

Found = dict[Side, list[Passage]]


def draw(desk: RetrievalDesk) -> None:
    """Draw the map of a collection. Raises AppError."""
    shelf = read_shelf(desk)
    if shelf is None:
        return
    st.caption(
        f"An embedding turns a text into {shelf.vectors.shape[1]:,} numbers, alike for texts that mean alike. "
        "Each point is a passage of your files: points that lie together say similar things."
    )
    question = _ask(desk)
    with st.container(horizontal=True):
        method = _method(desk)
        side = _side(desk) if question else "vectors"
    made = _projection(desk, shelf, method)
    found = _found(desk, question)
    lit = found.get(side, [])
    if question:
        st.caption(SIDE_WORDS[side])
    star = made.place(_vector(desk, question)) if question else None
    st.altair_chart(_chart(shelf, made, lit, star), alt=_described(shelf, lit, star is not None))
    _explain(made, star is not None)
    draw_extent(shelf)
    if found:
        _draw_found(shelf, found, side, question)


def _ask(desk: RetrievalDesk) -> str:
    typed = st.text_input(
        "Ask something, and see where the question lies and what it finds",
        key=f"map-question-{desk.store_id}",
        max_chars=1000,
        icon=":material/star:",
        placeholder="How long is the warranty?",
    )
    return (typed or "").strip()


def _method(desk: RetrievalDesk) -> Method:
    chosen = st.segmented_control(
        "Drawn by",
        list(METHODS),
        default="pca",
        required=True,
        format_func=lambda method: METHODS[method],
        key=f"map-method-{desk.store_id}",
        help="PCA looks at all passages from the side on which they differ most. t-SNE pulls neighbours into groups; "
        "how far two groups are apart then means nothing.",
    )
    return chosen or "pca"


def _side(desk: RetrievalDesk) -> Side:
    chosen = st.segmented_control(
        "Lit is what is found",
        list(SIDE_NAMES),
        default="vectors",
        required=True,
        format_func=lambda side: SIDE_NAMES[side],
        key=f"map-side-{desk.store_id}",
    )
    side: Side = chosen or "vectors"
    return side


def _projection(desk: RetrievalDesk, shelf: Shelf, method: Method) -> Projection:
    key = ("map", desk.store_id, desk.stamp, method)
    if is_remembered(key):
        return remembered(key, lambda: project(shelf.vectors, method))
    seconds = estimated_s(len(shelf.passages), method)
    about = f", about {figures.seconds(seconds)}" if seconds >= 1 else ""
    with st.spinner(f"Arranging {figures.counted(len(shelf.passages), 'point')}{about}"):
        return remembered(key, lambda: project(shelf.vectors, method))


def _found(desk: RetrievalDesk, question: str) -> Found:
    if not question:
        return {}

    def search() -> Found:
        return {side: desk.api.search(desk.store_id, question, side, LIT) for side in SIDES}

    with st.spinner("Searching"):
        return remembered(("found", desk.store_id, desk.stamp, question), search)


def _vector(desk: RetrievalDesk, question: str) -> Any:
    model = local_embedding_model()
    return remembered(("asked", question), lambda: desk.api.embed([question], model)[0][0])


# --- the chart --------------------------------------------------------------------------------


def _chart(
    shelf: Shelf, made: Projection, lit: list[Passage], star: tuple[float, float] | None
) -> alt.LayerChart | alt.FacetChart:
    import altair as alt
    import pandas as pd

    rows = _rows(shelf, made, lit)
    frame = pd.DataFrame(rows)
    colours = list(dict.fromkeys(sorted(frame["file"], key=lambda name: name == OTHERS)))
    at = {"x": alt.X("x:Q", axis=None), "y": alt.Y("y:Q", axis=None)}
    colour = alt.Color(
        "file:N", sort=colours, legend=alt.Legend(title=None, orient="bottom", columns=2, labelLimit=260)
    )
    tooltip = [alt.Tooltip(f"{name}:N") for name in ("file", "place", "begins")]
    faint = 0.3 if star else 0.75
    base = alt.Chart(frame)
    layers = [
        base.mark_circle(size=55, opacity=faint).encode(**at, color=colour, tooltip=tooltip),
        base.transform_filter("datum.rank != ''")
        .mark_circle(size=170, opacity=1, stroke=ink(), strokeWidth=2)
        .encode(**at, color=colour, tooltip=[alt.Tooltip("rank:N"), *tooltip]),
        base.transform_filter("datum.rank != ''")
        .mark_text(dx=13, dy=-9, fontSize=13, fontWeight="bold", color=ink(), stroke=paper(), strokeWidth=3)
        .encode(**at, text="rank:N"),
        base.transform_filter("datum.rank != ''")
        .mark_text(dx=13, dy=-9, fontSize=13, fontWeight="bold", color=ink())
        .encode(**at, text="rank:N"),
    ]
    if star is not None:
        asked = pd.DataFrame([{"x": star[0], "y": star[1], "begins": "your question"}])
        layers.append(
            alt.Chart(asked)
            .mark_point(
                shape=STAR, size=420, filled=True, opacity=1, color=ink(), stroke=paper(), strokeWidth=1
            )
            .encode(**at, tooltip=[alt.Tooltip("begins:N", title="star")])
        )
    return alt.layer(*layers).properties(height=HEIGHT_PX)


def _rows(shelf: Shelf, made: Projection, lit: list[Passage]) -> list[dict[str, Any]]:
    ranks = {(passage.file_id, passage.text): str(rank) for rank, passage in enumerate(lit, 1)}
    names = _colour_names(shelf)
    return [
        {
            "x": x,
            "y": y,
            "file": names[passage.filename],
            "place": f"{passage.filename}, {place(passage)}".rstrip(", "),
            "begins": beginning(passage.text),
            "rank": ranks.get((passage.file_id, passage.text), ""),
        }
        for passage, (x, y) in zip(shelf.passages, made.points.tolist(), strict=True)
    ]


def _colour_names(shelf: Shelf) -> dict[str, str]:
    """What each file is called in the legend: the six with most passages by their names, the rest together."""
    files = [name for name, _ in Counter(passage.filename for passage in shelf.passages).most_common()]
    own = files if len(files) <= MOST_COLOURS else files[: MOST_COLOURS - 1]
    return {name: _short(name) if name in own else OTHERS for name in files}


def _short(name: str) -> str:
    """The name with its middle left out where it is long: names often differ at their ends."""
    half = LONGEST_NAME // 2
    return name if len(name) <= LONGEST_NAME else f"{name[:half]}…{name[-half + 1 :]}"


def _described(shelf: Shelf, lit: list[Passage], has_star: bool) -> str:
    files = len({passage.filename for passage in shelf.passages})
    words = (
        f"A map of {figures.counted(len(shelf.passages), 'passage')} from {figures.counted(files, 'file')}"
    )
    if not has_star:
        return words
    found = "; ".join(f"{n}, {p.filename} {place(p)}".strip() for n, p in enumerate(lit, 1))
    return f"{words}, with the question as a star. Lit: {found or 'nothing'}."


def _explain(made: Projection, has_star: bool) -> None:
    if made.method == "pca":
        share = (
            f" It shows {made.shown_share:.0%} of the differences." if made.shown_share is not None else ""
        )
        words = f"A flat map of so many numbers is only a shadow of them.{share}"
        words += " The question is placed exactly." if has_star else ""
    else:
        words = "t-SNE keeps neighbours together; distances between groups mean nothing."
        words += (
            " It cannot place a new point, so the star lies between its five nearest passages."
            if has_star
            else ""
        )
    st.caption(f"{words} Search compares all the numbers, so what is lit need not be what looks nearest.")


# --- what was found ---------------------------------------------------------------------------


def _draw_found(shelf: Shelf, found: Found, side: Side, question: str) -> None:
    hits = found[side]
    if not hits:
        st.info(
            "No passage has any of these words. By vectors there is always a nearest one.",
            icon=":material/search_off:",
        )
        return
    on_map = {(passage.file_id, passage.text) for passage in shelf.passages}
    for rank, hit in enumerate(hits, 1):
        with st.container(border=True, gap="xsmall"):
            badges = [
                f":gray-badge[{place(hit)}]" if place(hit) else "",
                f":blue-badge[score {hit.score:.2f}]",
            ]
            badges += [_also(hit, found[other], other) for other in found if other not in (side, "both")]
            if (hit.file_id, hit.text) not in on_map:
                badges.append(f":orange-badge[not among the {MOST_POINTS:,} points]")
            st.markdown(f"**{rank}** · **{plain(hit.filename)}** " + " ".join(filter(None, badges)))
            st.caption(plain(excerpt(hit.text, question, EXCERPT_CHARS)))


def _also(hit: Passage, others: list[Passage], side: Side) -> str:
    rank = next((n for n, o in enumerate(others, 1) if (o.file_id, o.text) == (hit.file_id, hit.text)), None)
    return (
        f":green-badge[number {rank} by {side}]"
        if rank
        else f":gray-badge[not among the first {LIT} by {side}]"
    )
