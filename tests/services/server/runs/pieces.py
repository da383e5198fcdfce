"""Texts in pieces, and what a citer makes of them."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from services.server.runs.citations import Citer, Passage

PASSAGES = [
    Passage(4, 0, "file-a", "kettle.txt", "The warranty of the kettle lasts two years. It is blue.", page=3),
    Passage(4, 1, "file-b", "lamp 2.pdf", "The lamp takes a bulb of sixty watts at most.", first_row=2),
    Passage(8, 0, "file-a", "kettle.txt", "Descale the kettle with vinegar every month.", 5, 6),
]
MARKERS = [passage.marker for passage in PASSAGES]
WORDS = [
    "The warranty of the kettle lasts two years.",
    "A bulb of sixty watts fits the lamp!",
    "Descale the kettle with vinegar every month",
    "Nothing.",
    "```python\nprint(1)\n```",
]
NEARLY = [
    "【",
    "】",
    "†",
    "4:0",
    "【4",
    "【4:0",
    "【4:0†",
    "【4:0†kettle.txt",
    "【99:9†none.txt】",
    "【4:0†source】",
]
NEARLY += [
    "【1234567:0†kettle.txt】",
    "【0:0†kettle.txt】",
    "【4:1†" + "x" * 301 + "】",
    "【【4:0†kettle.txt】】",
]
GAPS = [" ", "\n", "\n\n", ". ", ".", "? ", "。", "", "\t"]


def texts() -> st.SearchStrategy[str]:
    """What a model may write: sentences, markers, pieces of markers, and any characters."""
    parts = st.sampled_from([*MARKERS, *WORDS, *NEARLY, *GAPS]) | st.text(max_size=5)
    return st.lists(parts, max_size=12).map("".join)


@st.composite
def splits(draw: st.DrawFn) -> list[str]:
    """A text in pieces of any sizes."""
    text = draw(texts())
    cuts = sorted(draw(st.sets(st.integers(0, len(text)), max_size=12)))
    return [text[start:end] for start, end in zip([0, *cuts], [*cuts, len(text)], strict=True)]


def told(citer: Citer, pieces: list[str]) -> tuple[str, list[dict[str, Any]]]:
    """The text and the annotations that go out."""
    out = [piece for given in pieces for piece in citer.feed(given)] + citer.flush()
    return "".join(piece.text for piece in out), [p.annotation for p in out if p.annotation is not None]


def check(citer: Citer, pieces: list[str]) -> tuple[str, list[dict[str, Any]]]:
    """What goes out is what is kept, and each annotation stands where it says."""
    text, annotations = told(citer, pieces)
    assert text == citer.text
    assert annotations == [{"index": i, **kept} for i, kept in enumerate(citer.annotations)]
    ends = [0]
    for annotation in annotations:
        assert text[annotation["start_index"] : annotation["end_index"]] == annotation["text"]
        assert annotation["start_index"] >= ends[-1]
        ends.append(annotation["end_index"])
    content = [{"type": "text", "text": {"value": text, "annotations": citer.annotations}}]
    assert citer.content() == (content if text else [])
    return text, annotations
