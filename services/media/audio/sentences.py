"""An answer cut into sentences while it is still being written, and each made fit for the ear."""

from __future__ import annotations

import re
from collections.abc import Iterator

LONGEST_CHARACTERS = 280
FIRST_CHARACTERS = 40
"""The first stretch may end at a comma from here on, so that the voice begins sooner."""
CODE_NOTE = "There is code here, which is on the screen."
TABLE_NOTE = "There is a table here, which is on the screen."

_ABBREVIATIONS = re.compile(
    r"dr|mrs?|ms|prof|st|[js]r|vs|etc|approx|ca|fig|no|vol|pp|eds?|inc|ltd|co|corp|dept|est|min|max|e\.g|i\.e|[ap]\.m|u\.[sk]"
    r"|jan|feb|mar|apr|ju[nl]|aug|sept?|oct|nov|dec|z\.b|d\.h|bzw|nr|usw",
    re.IGNORECASE,
)
_END = re.compile(r"[.!?…]+[\"'”’)\]*_]*(?=\s)")
_CLAUSE = re.compile(r"[,;:–—](?=\s)")
_LAST_WORD = re.compile(r"([^\s(\[\"'“*_]+)\.+[\"'”’)\]*_]*$")
_FENCE = re.compile(r"^\s*(```|~~~)")
_ROW = re.compile(r"^\s*\|.*\|\s*$")
_ITEM = re.compile(r"^\s*(?:[-*+]|\d{1,3}[.)])\s+")
_MARKUP: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(r"!\[([^\]]*)\]\([^)]*\)"), r"\1"),
    (re.compile(r"\[([^\]]+)\]\([^)]*\)"), r"\1"),
    (re.compile(r"【[^】]*】"), ""),
    (re.compile(r"<?https?://([^\s/>]+)[^\s>]*>?"), r"\1"),
    (re.compile(r"^\s*#{1,6}\s+"), ""),
    (re.compile(r"^\s*>\s?"), ""),
    (re.compile(r"\\[()\[\]]|\$\$|\$(?!\d)"), " "),
    (re.compile(r"(?<!\w)[*_]{1,3}(?=\S)|(?<=\S)[*_]{1,3}(?!\w)|~~|`"), ""),
    (re.compile(r"<[^>]{1,80}>"), ""),
)


class Sentences:
    """Takes an answer as it comes and gives what can be spoken by now, in order."""

    def __init__(self) -> None:
        self._rest = ""
        self._in_code = self._in_table = False
        self._has_begun = False

    def feed(self, text: str) -> list[str]:
        """What has become complete with this text."""
        self._rest += text
        return [spoken for stretch in self._complete() if (spoken := self._spoken(stretch))]

    def end(self) -> list[str]:
        """What is left when nothing more comes."""
        last = self.feed("\n")
        self._rest = ""
        return last

    def _complete(self) -> Iterator[str]:
        while True:
            line, newline, after = self._rest.partition("\n")
            if newline:
                self._rest = after
                yield from self._whole_line(line)
                continue
            if self._in_code or _is_special(line):
                return
            cut = _boundary(line, "", may_cut_clause=not self._has_begun)
            if cut is None:
                return
            self._rest = line[cut:].lstrip()
            yield line[:cut]

    def _whole_line(self, line: str) -> Iterator[str]:
        if _FENCE.match(line):
            self._in_code = not self._in_code
            if self._in_code:
                yield CODE_NOTE
            return
        if self._in_code:
            return
        is_row = bool(_ROW.match(line))
        if is_row and not self._in_table:
            yield TABLE_NOTE
        self._in_table = is_row
        if is_row:
            return
        while line.strip():
            cut = _boundary(line, "\n", may_cut_clause=False) or len(line)
            yield line[:cut]
            line = line[cut:].lstrip()

    def _spoken(self, stretch: str) -> str:
        spoken = speakable(stretch)
        self._has_begun = self._has_begun or bool(spoken)
        return spoken


def speakable(text: str) -> str:
    """Markdown as words to say: no markup, links by their names. Empty when there is nothing to say."""
    text = _ITEM.sub("", text)
    for pattern, replacement in _MARKUP:
        text = pattern.sub(replacement, text)
    text = " ".join(text.split())
    return text if re.search(r"\w", text) else ""


def sentences(text: str) -> list[str]:
    """A whole text, cut."""
    cut = Sentences()
    return [*cut.feed(text), *cut.end()]


def _is_special(line: str) -> bool:
    """A line that can be told to be code or a table only once it is whole."""
    return line.lstrip()[:1] in ("`", "~", "|")


def _boundary(line: str, following: str, *, may_cut_clause: bool) -> int | None:
    """Where the first sentence of a line ends; None while that cannot be told."""
    for end in _END.finditer(line + following):
        after = line[end.end() :].lstrip()
        if not after and not following:
            return None
        if _ends(line[: end.end()], after):
            return end.end()
    if may_cut_clause:
        clauses = (c.end() for c in _CLAUSE.finditer(line) if c.end() >= FIRST_CHARACTERS)
        return next(clauses, None)
    if len(line) > LONGEST_CHARACTERS:
        space = line.rfind(" ", 0, LONGEST_CHARACTERS)
        return space if space > 0 else LONGEST_CHARACTERS
    return None


def _ends(before: str, after: str) -> bool:
    """Whether a point ends a sentence: not after an abbreviation, an initial or the number of an item."""
    last = _LAST_WORD.search(before)
    if last is None:
        return True
    word = last.group(1)
    if _ABBREVIATIONS.fullmatch(word) or (len(word) == 1 and word.isalpha() and word.isupper()):
        return not after
    if word.isdigit() and before.strip() == f"{word}.":
        return not after
    return not after[:1].islower()
