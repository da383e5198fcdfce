"""What was found for a question, as it is shown to the model and to the person: neighbours joined, and few enough."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from services import tokens
from services.assistants.records import Hit
from services.documents.quotes import pages_of

FEWEST_TOKENS = 40


@dataclass(frozen=True, slots=True)
class Passage:
    """A stretch of a file. `start` and `end` are characters of the file's text; `score` is that of its best part.

    `page_starts` are places in `text` where a page begins, with the page's number.
    """

    file_id: str
    filename: str
    score: float
    text: str
    start: int
    end: int
    page: int | None = None
    last_page: int | None = None
    rows: tuple[int, int] | None = None
    page_starts: tuple[tuple[int, int], ...] = ()

    @property
    def key(self) -> str:
        """What tells it from other passages of the collection."""
        return f"{self.file_id}:{self.start}-{self.end}"

    def pages_of(self, span: tuple[int, int]) -> tuple[int | None, int | None]:
        """First and last page of some characters of the passage."""
        if not self.page_starts:
            return self.page, self.last_page
        return pages_of(self.page_starts, *span, self.page)

    def wire(self) -> dict[str, Any]:
        """The passage as the details of a search keep it; `file_name` and `content` are spelled as the API spells them."""
        return asdict(self) | {
            "file_name": self.filename,
            "content": [{"type": "text", "text": self.text}],
            "key": self.key,
        }


def joined(hits: Sequence[Hit]) -> list[Passage]:
    """The hits as passages, those that touch or overlap in one file made one; best first."""
    passages: list[Passage] = []
    for passage in map(_passage, hits):
        for index, other in enumerate(passages):
            if other.file_id == passage.file_id and _touch(other, passage):
                passages[index] = _together(other, passage)
                break
        else:
            passages.append(passage)
    return passages


def fitting(hits: Sequence[Hit], budget_tokens: int, without: Collection[str] = ()) -> list[Passage]:
    """As many of the hits as fit into the budget, best first, neighbours among them joined.

    `without` are the keys of passages a person switched off; what lies in one of them is left out.
    """
    off = [_span_of(key) for key in without]
    fitted: list[Hit] = []
    for hit in hits:
        passage = _passage(hit)
        if any(_lies_in(passage, one) for one in off):
            continue
        size = tokens.count(hit.text)
        if size <= budget_tokens:
            fitted.append(hit)
            budget_tokens -= size
        if budget_tokens < FEWEST_TOKENS:
            break
    return joined(fitted)


def _span_of(key: str) -> tuple[str, int, int]:
    file_id, _, span = key.rpartition(":")
    start, _, end = span.partition("-")
    return file_id, int(start), int(end)


def _lies_in(passage: Passage, span: tuple[str, int, int]) -> bool:
    """Whether more than half of a passage was switched off."""
    file_id, start, end = span
    shared = min(passage.end, end) - max(passage.start, start)
    return passage.file_id == file_id and shared > (passage.end - passage.start) / 2


def _passage(hit: Hit) -> Passage:
    start, end = hit.span or (0, len(hit.text))
    place = hit.page, hit.last_page, hit.rows, hit.page_starts
    return Passage(hit.file_id, hit.filename, hit.score, hit.text, start, end, *place)


def _touch(one: Passage, other: Passage) -> bool:
    """Whether they overlap, or only white space can lie between them."""
    gap = max(one.start, other.start) - min(one.end, other.end)
    return gap <= 2


def _together(better: Passage, worse: Passage) -> Passage:
    first, second = sorted((better, worse), key=lambda passage: passage.start)
    shared = first.end - second.start
    text = first.text + ("\n" if shared < 0 else "") + second.text[max(0, shared) :]
    if second.end <= first.end:
        text = first.text
    shift = second.start - first.start
    starts = dict(first.page_starts) | {shift + at: page for at, page in second.page_starts if at or shift}
    rows = [row for passage in (first, second) if passage.rows for row in passage.rows]
    return replace(
        better,
        text=text,
        start=first.start,
        end=max(first.end, second.end),
        page=first.page,
        last_page=max(first.last_page or 0, second.last_page or 0) or None,
        rows=(min(rows), max(rows)) if rows else None,
        page_starts=tuple(sorted(starts.items())),
    )
