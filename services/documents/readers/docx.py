"""Word documents, in a stream: neither their pictures nor a tree of their paragraphs is ever in memory."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from services.documents.parts import MAX_PART_CHARACTERS, Part
from services.documents.readers.lines import Lines
from services.documents.readers.office_text import OfficeText, Style
from services.documents.readers.package import Package, Target, local_name

MAX_INHERITANCE = 10


def read(path: Path) -> Iterator[Part]:
    """Headings (`# `), paragraphs, list items (`- `), table rows (`a | b`), text boxes; then the notes at the foot.

    Inserted text of tracked changes is there, deleted text is not; headers and footers are left out.
    """
    package = Package(path)
    main = package.main_part()
    relations = package.relations(main).values()
    styles = _styles(package, [r.target for r in relations if r.kind == "styles"])
    lines = Lines()
    for name in (main, *(r.target for r in relations if r.kind in ("footnotes", "endnotes"))):
        if name not in package:
            continue
        for _ in package.feed(name, OfficeText(lines, styles)):
            if lines.size > MAX_PART_CHARACTERS:
                yield Part(lines.take())
    yield Part(lines.take())


def _styles(package: Package, names: list[str]) -> dict[str, Style]:
    found = _Styles()
    for name in names:
        if name in package:
            for _ in package.feed(name, found):
                pass
    return {id_: found.style(id_) for id_ in found.raw}


@dataclass(slots=True)
class _RawStyle:
    name: str = ""
    based_on: str = ""
    outline_level: int | None = None
    is_item: bool = False


class _Styles(Target):
    """Hears styles.xml. A style's id depends on the language of the Word that wrote it; its name does not."""

    def __init__(self) -> None:
        self.raw: dict[str, _RawStyle] = {}
        self._current = _RawStyle()

    def style(self, id_: str) -> Style:
        """A style with what it inherits."""
        chain: list[_RawStyle] = []
        while id_ in self.raw and len(chain) < MAX_INHERITANCE:
            chain.append(self.raw[id_])
            id_ = self.raw[id_].based_on
        return Style(
            next((level for raw in chain if (level := _heading(raw))), None),
            any(raw.is_item for raw in chain),
        )

    def start(self, tag: str, attributes: Mapping[str, str]) -> None:
        local = {local_name(key): value for key, value in attributes.items()}
        name, value = local_name(tag), local.get("val", "")
        if name == "style":
            self._current = self.raw[local.get("styleId", "")] = _RawStyle()
        elif name == "name":
            self._current.name = value.lower()
        elif name == "basedOn":
            self._current.based_on = value
        elif name == "outlineLvl" and value.isdecimal():
            self._current.outline_level = int(value)
        elif name == "numPr":
            self._current.is_item = True


def _heading(style: _RawStyle) -> int | None:
    """1 to 6, as in HTML; outline level 9 is Word's for body text."""
    if style.name == "title":
        return 1
    if style.name.startswith("heading ") and style.name[8:].isdecimal():
        return min(int(style.name[8:]), 6)
    level = style.outline_level
    return min(level + 1, 6) if level is not None and level < 9 else None
