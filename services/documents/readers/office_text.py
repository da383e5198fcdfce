"""The text of WordprocessingML and DrawingML, whose paragraphs and tables go by the same names."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from services.documents.readers.lines import Lines
from services.documents.readers.package import Target, local_name

# What was deleted or moved away, older formatting, a second form of the same drawing, and sounds above letters.
UNSEEN = frozenset({"del", "moveFrom", "pPrChange", "rPrChange", "Fallback", "rt"})
CHARACTERS = {"tab": " ", "br": "\n", "cr": "\n", "noBreakHyphen": "-"}
SLIDE_FURNITURE = frozenset({"sldNum", "dt", "ftr", "hdr", "sldImg"})


@dataclass(frozen=True, slots=True)
class Style:
    """What a paragraph's style says about it: a heading of a level from 1, or an item of a list."""

    heading: int | None = None
    is_item: bool = False


@dataclass(slots=True)
class _Paragraph:
    texts: list[str] = field(default_factory=list)
    heading: int | None = None
    item_level: int | None = None


class OfficeText(Target):
    """A parser target that writes what it hears into `lines`; tracked deletions are left out."""

    def __init__(
        self, lines: Lines, styles: Mapping[str, Style] | None = None, *, tight: bool = False
    ) -> None:
        self._lines = lines
        self._styles = styles or {}
        self._tight = tight
        self._open: list[_Paragraph] = []
        self._heading_of_shape: int | None = None
        self._is_furniture = False
        self._unseen = 0
        self._is_text = False

    def start(self, tag: str, attributes: Mapping[str, str]) -> None:
        name = local_name(tag)
        if self._unseen or name in UNSEEN:
            self._unseen += 1
        elif name == "p":
            self._open.append(_Paragraph(heading=self._heading_of_shape))
        elif name == "t":
            self._is_text = True
        elif name == "tr":
            self._lines.start_row()
        elif name == "tc":
            self._lines.start_cell()
        elif name == "ph":
            self._placeholder(attributes.get("type", ""))
        elif self._open:
            self._describe(self._open[-1], name, attributes)

    def end(self, tag: str) -> None:
        name = local_name(tag)
        if self._unseen:
            self._unseen -= 1
        elif name == "p" and self._open:
            self._write(self._open.pop())
        elif name == "t":
            self._is_text = False
        elif name == "tr":
            self._lines.end_row()
        elif name in ("tbl", "sp"):
            self._end_block()

    def data(self, text: str) -> None:
        if self._is_text and not self._unseen and self._open:
            self._open[-1].texts.append(text)

    def _placeholder(self, kind: str) -> None:
        self._heading_of_shape = 2 if kind in ("title", "ctrTitle") else None
        self._is_furniture = kind in SLIDE_FURNITURE

    def _end_block(self) -> None:
        self._lines.end_block()
        self._heading_of_shape = None
        self._is_furniture = False

    def _describe(self, paragraph: _Paragraph, name: str, attributes: Mapping[str, str]) -> None:
        value = _value(attributes)
        if name in CHARACTERS:
            paragraph.texts.append(CHARACTERS[name])
        elif name == "pStyle":
            style = self._styles.get(value, Style())
            paragraph.heading = style.heading
            paragraph.item_level = 0 if style.is_item else None
        elif name == "ilvl":
            paragraph.item_level = min(int(value), 8) if value.isdecimal() else 0
        elif name == "numId":
            paragraph.item_level = None if value == "0" else paragraph.item_level or 0

    def _write(self, paragraph: _Paragraph) -> None:
        text = "\n".join(" ".join(line.split()) for line in "".join(paragraph.texts).split("\n")).strip()
        if not text or self._is_furniture:
            return
        if paragraph.heading:
            self._lines.add("#" * paragraph.heading + " " + text)
        elif paragraph.item_level is not None:
            self._lines.add("  " * paragraph.item_level + "- " + text, tight=True)
        else:
            self._lines.add(text, tight=self._tight)


def _value(attributes: Mapping[str, Any]) -> str:
    return next((str(v) for key, v in attributes.items() if local_name(key) == "val"), "")
