"""Web pages: what a reader sees of them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from services.documents.decoding import decoded, with_plain_newlines
from services.documents.parts import MAX_PART_CHARACTERS, Part
from services.documents.plain import read_bytes
from services.documents.readers.lines import Lines
from services.documents.refusals import NO_TEXT, unsupported

FEED_CHARACTERS = 2**16
HEADINGS = {"title": 1, "h1": 1, "h2": 2, "h3": 3, "h4": 4, "h5": 5, "h6": 6}
LISTS = frozenset({"ul", "ol", "menu", "dir"})
ROOTS = ("html", "body")  # hidden only until a script has run
UNSEEN = frozenset(
    {"script", "style", "noscript", "template", "svg", "iframe", "object", "select", "datalist"}
)
BLOCK_NAMES = (
    "address article aside blockquote body caption center dd details dialog div dl dt fieldset figcaption figure"
    " footer form header hr html legend li main nav p pre section summary table tbody td tfoot th thead tr"
)
BLOCKS = frozenset(BLOCK_NAMES.split()) | LISTS | HEADINGS.keys()

_CHARSET = re.compile(rb"<meta[^>]{0,200}charset\s*=\s*[\"']?\s*([\w:.-]+)", re.IGNORECASE)
_UNDISPLAYED = re.compile(r"display\s*:\s*none", re.IGNORECASE)
_WHITE_SPACE = re.compile(r"\s+")


def read(path: Path) -> Iterator[Part]:
    """Title, headings (`# `), paragraphs, list items (`- `) and table rows (`a | b`); no script, no style."""
    from lxml import etree

    html = _decoded_page(read_bytes(path))
    page = _Page()
    # Without `huge_tree` a comment past 10 MB would spill into the text; memory is bounded for the whole process.
    parser = etree.HTMLParser(target=page, huge_tree=True)
    for start in range(0, len(html), FEED_CHARACTERS):
        parser.feed(html[start : start + FEED_CHARACTERS])
        if page.lines.size > MAX_PART_CHARACTERS:
            yield Part(page.lines.take())
    parser.close()
    yield Part(page.lines.take())


def _decoded_page(data: bytes) -> str:
    """As the page itself says, if that works out; else as it looks."""
    named = _CHARSET.search(data[:4096])
    text = _as_named(data, named[1].decode("ascii", "replace").lower()) if named else None
    text = decoded(data) if text is None else text
    if text is None:
        raise unsupported(NO_TEXT)
    return with_plain_newlines(text)


def _as_named(data: bytes, encoding: str) -> str | None:
    # A page whose <meta> can be read as ASCII is not in UTF-16, whatever it says. (Source: HTML standard, 13.2.3.)
    if encoding.startswith(("utf-8", "utf8", "utf-16", "utf-32")):
        return None
    try:
        return data.decode(
            "cp1252" if encoding in ("iso-8859-1", "latin1", "ascii", "us-ascii") else encoding
        )
    except (UnicodeDecodeError, LookupError):
        return None


class _Page:
    """Hears the parser's events and writes the lines. Every start has its end, as the parser sees to."""

    def __init__(self) -> None:
        self.lines = Lines()
        self._texts: list[str] = []
        self._prefix = ""
        self._unseen = self._lists = self._preformatted = 0

    def start(self, tag: str, attributes: Mapping[str, str]) -> None:
        if self._unseen or tag in UNSEEN or (_is_hidden(attributes) and tag not in ROOTS):
            self._unseen += 1
            return
        if tag in BLOCKS:
            self._flush()
        self._open(tag, attributes)

    def end(self, tag: str) -> None:
        if self._unseen:
            self._unseen -= 1
            return
        if tag in BLOCKS:
            self._flush()
        self._close(tag)

    def data(self, text: str) -> None:
        if not self._unseen:
            self._texts.append(text if self._preformatted else _WHITE_SPACE.sub(" ", text))

    def comment(self, text: str) -> None:
        pass

    def pi(self, *_: Any) -> None:
        pass

    def close(self) -> None:
        self._flush()

    def _open(self, tag: str, attributes: Mapping[str, str]) -> None:
        if tag in HEADINGS:
            self._prefix = "#" * HEADINGS[tag] + " "
        elif tag == "li":
            self._prefix = "  " * min(self._lists - 1, 8) + "- "
        elif tag == "tr":
            self.lines.start_row()
        elif tag in ("td", "th"):
            self.lines.start_cell()
        elif tag == "br":
            self._texts.append("\n")
        elif tag == "img":
            self._texts.append(_WHITE_SPACE.sub(" ", attributes.get("alt") or ""))
        self._lists += tag in LISTS
        self._preformatted += tag == "pre"

    def _close(self, tag: str) -> None:
        if tag in HEADINGS or tag == "li":
            self._prefix = ""
        elif tag == "tr":
            self.lines.end_row()
        elif tag == "table" or (tag in LISTS and self._lists == 1):
            self.lines.end_block()
        self._lists -= tag in LISTS
        self._preformatted -= tag == "pre"

    def _flush(self) -> None:
        text = "".join(self._texts)
        self._texts.clear()
        if not self._preformatted:
            text = "\n".join(" ".join(line.split()) for line in text.split("\n")).strip()
        if text.strip():
            self.lines.add(self._prefix + text, tight=self._prefix.endswith("- "))
            self._prefix = ""


def _is_hidden(attributes: Mapping[str, str]) -> bool:
    return "hidden" in attributes or bool(_UNDISPLAYED.search(attributes.get("style") or ""))
