"""Presentations, slide by slide, each with its tables, diagrams and speaker notes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from services.documents.parts import Part
from services.documents.readers.lines import Lines
from services.documents.readers.office_text import OfficeText
from services.documents.readers.package import Package, Target, local_name
from services.documents.refusals import MAX_PAGES, too_many_pages


def read(path: Path) -> Iterator[Part]:
    """A part for each slide, in the order they are shown, hidden ones included; `page` is the slide's number."""
    package = Package(path)
    slides = _slides(package)
    if len(slides) > MAX_PAGES:
        raise too_many_pages(len(slides), "slides")
    for number, slide in enumerate(slides, 1):
        text = _slide(package, slide)
        yield Part(text and text + "\n\n", page=number, pages=len(slides))


def _slides(package: Package) -> list[str]:
    main = package.main_part()
    relations = package.relations(main)
    order = _SlideIds()
    for _ in package.feed(main, order):
        pass
    targets = (relations[id_].target for id_ in order.found if id_ in relations)
    return [target for target in targets if target in package]


def _slide(package: Package, slide: str) -> str:
    related = package.relations(slide).values()
    texts = [_text(package, slide)]
    texts += [_text(package, r.target) for r in related if r.kind == "diagramData"]
    notes = [_text(package, r.target) for r in related if r.kind == "notesSlide"]
    texts += [f"Notes: {note}" for note in notes if note]
    return "\n\n".join(text for text in texts if text)


def _text(package: Package, name: str) -> str:
    lines = Lines()
    if name in package:
        for _ in package.feed(name, OfficeText(lines, tight=True)):
            pass
    return lines.take()


class _SlideIds(Target):
    """Hears presentation.xml: the relation ids of its slides, in order."""

    def __init__(self) -> None:
        self.found: list[str] = []

    def start(self, tag: str, attributes: Mapping[str, str]) -> None:
        if local_name(tag) == "sldId":
            # `id` without a namespace is the slide's own number; the relation's has one.
            self.found += [value for key, value in attributes.items() if key.endswith("}id")]
