"""A message being written: text, citations and refusals, told piece by piece."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from services.server.responses.output import Output, Written
from services.server.runs.citations import Citer, Piece
from services.server.store.ids import new_id

Shape = dict[str, Any]
Cites = Callable[[Shape], Shape]

CLOSES_UP = tuple(" \n\t.,;:!?)")
"""What may follow the words a marker stood behind, without the space that was before the marker."""


@dataclass(frozen=True, slots=True)
class Figure:
    """A picture that a program drew: it belongs to the message after it."""

    container_id: str
    file_id: str
    filename: str

    def annotation(self) -> Shape:
        """The annotation; a picture stands before the text, at its very beginning."""
        return {
            "type": "container_file_citation",
            "container_id": self.container_id,
            "file_id": self.file_id,
            "filename": self.filename,
            "start_index": 0,
            "end_index": 0,
        }


@dataclass(slots=True)
class Message:
    """The message of one answer; the item is opened with its first word. `as_citation` turns a run's annotation into ours."""

    output: Output
    citer: Citer
    as_citation: Cites
    figures: tuple[Figure, ...] = ()
    item: Written | None = None
    part: Shape | None = None
    _gap: str = ""
    _is_cited: bool = False

    def write(self, text: str) -> None:
        """Go on with the text."""
        self._tell(self.citer.feed(text))

    def refuse(self, text: str) -> None:
        """Go on with a refusal."""
        part = self._part_of("refusal", {"type": "refusal", "refusal": ""})
        part["refusal"] += text
        self._say("refusal.delta", delta=text)

    def hand_over(self) -> None:
        """Say at the end of the last message what a small model leaves out: links to files that were written."""
        self._tell([*self.citer.flush(), *self.citer.hand_over()])

    def close(self, status: str = "completed") -> None:
        """The message is complete, if there is one; what comes next belongs to another."""
        self._tell(self.citer.flush())
        if self.item is not None:
            if self._gap and not self._is_cited:
                self._put(self._gap)
            self._close_part()
            self.output.close(self.item, status)
        self.citer = type(self.citer)(self.citer.passages, self.citer.links)
        self.item, self._gap, self._is_cited = None, "", False

    def open(self) -> None:
        """Begin, if it has not begun: also an answer without a word is a message."""
        if self.item is None:
            self._opened()

    def _tell(self, pieces: list[Piece]) -> None:
        for piece in pieces:
            if piece.annotation is None:
                self._text(piece.text)
            elif piece.annotation["type"] == "file_citation":
                self._cite(
                    piece.annotation
                )  # the marker itself is left out: the annotation says where it stood
            else:
                start = len(self._opened()["text"]) + len(self._gap)
                self._text(piece.text)
                end = start + len(piece.text)
                self._annotate(self.as_citation({**piece.annotation, "start_index": start, "end_index": end}))

    def _text(self, text: str) -> None:
        """Tell text; a space at its end waits, since it may turn out to stand before a marker.

        So do blanks before the first word: some models write a line break before they call a tool.
        """
        if self.item is None and not text.strip():
            self._gap += text
            return
        if self._is_cited and text.startswith(CLOSES_UP):
            self._gap = ""
        self._is_cited = False
        text = self._gap + text
        kept = text.rstrip(" ")
        self._gap = text[len(kept) :]
        if kept:
            self._put(kept)

    def _put(self, text: str) -> None:
        self._opened()["text"] += text
        self._say("output_text.delta", delta=text, logprobs=[])

    def _cite(self, annotation: Shape) -> None:
        part = self._opened()
        assert self.item is not None
        # The wire's annotation has no room for where in the file the words stand: that is kept beside it.
        place = {"content_index": len(self.item.body["content"]) - 1, "index": len(part["annotations"])}
        self.item.private.setdefault("citations", []).append({**place, **annotation["file_citation"]})
        self._annotate(self.as_citation({**annotation, "index": len(part["text"])}))
        self._is_cited = True

    def _annotate(self, annotation: Shape) -> None:
        annotations = self._opened()["annotations"]
        annotations.append(annotation)
        self._say(
            "output_text.annotation.added", annotation=annotation, annotation_index=len(annotations) - 1
        )

    def _opened(self) -> Shape:
        return self._part_of(
            "output_text", {"type": "output_text", "text": "", "annotations": [], "logprobs": []}
        )

    def _part_of(self, kind: str, empty: Shape) -> Shape:
        if self.part is not None and self.part["type"] == kind:
            return self.part
        if self.item is None:
            body = {"id": new_id("msg_"), "type": "message", "status": "in_progress", "role": "assistant"}
            self.item = self.output.open({**body, "content": []})
        self._close_part()
        self.part = empty
        self.item.body["content"].append(empty)
        self._say("content_part.added", part=empty)
        if kind == "output_text":
            figures, self.figures = self.figures, ()
            for figure in figures:
                self._annotate(figure.annotation())
        return empty

    def _close_part(self) -> None:
        if self.part is None:
            return
        if self.part["type"] == "refusal":
            self._say("refusal.done", refusal=self.part["refusal"])
        else:
            self._say("output_text.done", text=self.part["text"], logprobs=[])
        self._say("content_part.done", part=self.part)
        self.part = None

    def _say(self, kind: str, **fields: Any) -> None:
        assert self.item is not None
        index = len(self.item.body["content"]) - 1
        self.output.tell(kind, self.item, content_index=index, **fields)
