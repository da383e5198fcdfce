"""What a model writes, made into what st.markdown draws right and safely.

Models write mathematics as `\\( \\)`, prices with dollar signs and, when a page they read told them to, pictures
whose address carries the conversation away. Streamlit would draw formulas from prices, fetch the pictures, and
take `:red[…]` or `:smile:` for its own commands.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

# Invisible, and no part of a word: keeps two characters apart without changing how they look.
JOINER = "\u2060"

_FENCE = re.compile(r"([ \t]*(?:(?:[-*+]|\d{1,9}[.)])[ \t]+|>[ \t]*)*)(`{3,}(?=[^`]*$)|~{3,})")
_BLANK = re.compile(r"(\n[ \t>]*\n)")
_BACKTICKS = re.compile(r"`+")
# A plain set of characters is found several times faster than a choice of patterns.
_SPECIAL = re.compile(r"[`\\$!\[\]<:]")
_MARK = re.compile(
    r"(?P<code>`+)"
    r"|(?P<math>\\\(|\\\[|\$+)"
    r"|(?P<escape>\\[^\n])"
    r"|(?P<picture>!\[)"
    r"|(?P<footnote>\[\^[^\]\s\[`$]{1,50}\]:)"
    r"|(?P<link>\](?:\(|:))"
    r"|(?P<html><(?=[A-Za-z/!?]))"
    r"|(?P<url>(?<=http):(?=//)|(?<=https):(?=//))"
    r"|(?P<colon>:(?=\S))"
)
_ADDRESS = re.compile(r"://[^\s<>\"'`\[\]!$\\|]*")
_SAFE_ADDRESS = re.compile(r"\s{0,3}<?(?:https?://|mailto:)", re.IGNORECASE)
_AUTOLINK = re.compile(r"<(?:https?://|mailto:)[^\s<>\[\]!`$\\]+>", re.IGNORECASE)
_PICTURE_TEXT = re.compile(r"!\[([^\[\]\n]*)\]\(")
_COMMAND = re.compile(
    r":(?:material/|[\w+-]*[A-Za-z_+][\w+-]{0,60}:|(?:100|1234):|[^\s:\[\]{}]+[\[{])|(?<![^\s>]):{2,}[^\s:]"
)
_DOLLAR_FORMULA = re.compile(r"\$(?![\s$])([^$\n`]*[^\s$`\\])\$(?!\d)")
_CLEARLY_A_FORMULA = re.compile(r"[\\^_={}]")
_HTML_START = re.compile(r"<(?=[A-Za-z/!?])")
_WORD = re.compile(r"[^\W\d_]{3,}")


def to_markdown(model_text: str) -> str:
    """Markdown for st.markdown that shows `model_text` as its author meant it, and fetches nothing.

    Works on any prefix of a text that is still arriving, in time proportional to its length.
    """
    text = model_text.replace("\r\n", "\n").replace("\r", "\n")
    return "".join(part if is_code else _prose(part) for part, is_code in _parts(text))


def _parts(text: str) -> Iterator[tuple[str, bool]]:
    """The text cut into prose and fenced code; an unclosed fence is code to the end.

    Where a fence inside a list or quotation ends depends on more than we read here, so from the first of these on
    pictures are defused in code too.
    """
    lines = text.split("\n")
    held: list[str] = []
    fence = ""
    is_sure = True
    for index, line in enumerate(lines):
        whole = line + ("\n" if index < len(lines) - 1 else "")
        may_fence = "```" in line or "~~~" in line
        opening = _FENCE.match(line) if may_fence and not fence else None
        if opening:
            yield "".join(held), False
            held, fence = [], opening[2]
            is_sure = is_sure and not opening[1]
        held.append(whole)
        if fence and may_fence and not opening and _closes(line, fence, is_sure):
            yield _code("".join(held), is_sure), True
            held, fence = [], ""
    yield (_code("".join(held), is_sure), True) if fence else ("".join(held), False)


def _closes(line: str, fence: str, is_sure: bool) -> bool:
    mark = line.lstrip(" \t>" if not is_sure else " ")
    is_near = not is_sure or len(line) - len(mark) <= 3
    rest = mark.rstrip(" \t")
    return is_near and len(rest) >= len(fence) and not rest.strip(fence[0])


def _code(text: str, is_sure: bool) -> str:
    return text if is_sure else text.replace("![", f"!{JOINER}[")


def _prose(text: str) -> str:
    """Paragraphs one by one: no formula and no inline code reaches over a blank line."""
    return "".join(
        _Paragraph(part).converted() if _SPECIAL.search(part) else part for part in _BLANK.split(text)
    )


class _Paragraph:
    """One pass over a paragraph, from one mark that means something to the next."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._closing = _closing_backticks(text)
        self._closers = {mark: text.rfind(mark) for mark in ("\\)", "\\]", "$$")}

    def converted(self) -> str:
        pieces: list[str] = []
        position = 0
        while found := _SPECIAL.search(self._text, position):
            start = found.start()
            pieces.append(self._text[position:start])
            match = _MARK.match(self._text, start)
            piece, position = self._convert(match) if match else (found[0], start + 1)
            pieces.append(piece)
        return "".join([*pieces, self._text[position:]])

    def _convert(self, match: re.Match[str]) -> tuple[str, int]:
        """What to write instead of the mark, and where to read on."""
        text, start, end = match[0], match.start(), match.end()
        match match.lastgroup:
            case "code":
                closed_at = self._closing.get(start)
                return (_code(self._text[start:closed_at], False), closed_at) if closed_at else (text, end)
            case "escape" if text == "\\:":
                piece, after = self._colon(start + 1, end)
                return "\\" + piece.removeprefix("\\"), after
            case "math":
                return self._math(text, start, end)
            case "picture":
                return self._picture(start, end)
            case "link":
                is_safe = _SAFE_ADDRESS.match(self._text, end)
                return (text if is_safe else "\\" + text), end
            case "html":
                autolink = _AUTOLINK.match(self._text, start)
                return (autolink[0], autolink.end()) if autolink else ("\\<", end)
            case "url":
                address = _ADDRESS.match(self._text, start)
                return (address[0], address.end()) if address else (text, end)
            case "colon":
                return self._colon(start, end)
        return text, end

    def _picture(self, start: int, end: int) -> tuple[str, int]:
        named = _PICTURE_TEXT.match(self._text, start)
        if not named or self._text[start - 1 : start] == "!":
            return "\\![", end
        return ("[", end) if named[1].strip() else ("[picture", named.end() - 2)

    def _colon(self, start: int, end: int) -> tuple[str, int]:
        command = _COMMAND.match(self._text, start)
        if not command:
            return ":", end
        colons = len(command[0]) - len(command[0].lstrip(":"))
        # The backslash stops commands with a bracket, the joiner those that are looked up in the finished text.
        return "\\:" * colons + JOINER, start + colons

    def _math(self, mark: str, start: int, end: int) -> tuple[str, int]:
        if mark == "\\(":
            return self._converted_formula(start, end)
        if mark == "\\[":
            return self._converted_display(start, end)
        if mark == "$$":
            return self._dollar_display(start, end)
        formula = _DOLLAR_FORMULA.match(self._text, start) if mark == "$" and self._may_open(start) else None
        if formula and _is_formula(formula[1]):
            return _harmless(formula[0]), formula.end()
        return "\\$" * len(mark), end

    def _may_open(self, start: int) -> bool:
        return start == 0 or not self._text[start - 1].isalnum()

    def _converted_formula(self, start: int, end: int) -> tuple[str, int]:
        content, after = self._until("\\)", end)
        if content is None or not content.strip() or "$" in content:
            return "\\\\(", end
        gap = JOINER if self._text[after : after + 1].isdigit() else ""
        return f"${_harmless(' '.join(content.split()))}${gap}", after

    def _converted_display(self, start: int, end: int) -> tuple[str, int]:
        content, after = self._until("\\]", end)
        if content is None or not content.strip() or "$" in content:
            return "\\\\[", end
        before = self._text[self._text.rfind("\n", 0, start) + 1 : start]
        is_alone = not before.strip(" \t>") and self._text[after : after + 1] in ("", "\n")
        if not is_alone:
            return f"$${_harmless(' '.join(content.split()))}$$", after
        body = _harmless(content).strip("\n ")
        return f"$$\n{before}{body}\n{before}$$", after

    def _dollar_display(self, start: int, end: int) -> tuple[str, int]:
        content, after = self._until("$$", end)
        if content is None or not content.strip() or "$" in content:
            return "\\$\\$", end
        return f"$${_harmless(content)}$$", after

    def _until(self, closer: str, begin: int) -> tuple[str | None, int]:
        """The text up to `closer` and where it ends; None when it never comes or holds code."""
        if self._closers[closer] < begin:
            return None, begin
        at = self._text.index(closer, begin)
        content = self._text[begin:at]
        return (None if "`" in content else content), at + len(closer)


def _closing_backticks(text: str) -> dict[int, int]:
    """For each run of backticks that opens inline code, where that code ends."""
    ends: dict[int, int] = {}
    next_of_length: dict[int, int] = {}
    for run in reversed(list(_BACKTICKS.finditer(text))):
        length = run.end() - run.start()
        if length in next_of_length:
            ends[run.start()] = next_of_length[length]
        next_of_length[length] = run.end()
    return ends


def _is_formula(content: str) -> bool:
    """Whether what stands between two dollar signs is mathematics rather than words between two prices."""
    starts_as_price = re.match(r"\d[\d.,]*\s+[^\W\d_]{2}", content)
    if _CLEARLY_A_FORMULA.search(content):
        return not starts_as_price
    return not _WORD.search(content)


def _harmless(formula: str) -> str:
    """A formula that stays without pictures and HTML even where it is taken for text; spaces mean nothing in it."""
    return _HTML_START.sub("< ", formula.replace("![", "! ["))
