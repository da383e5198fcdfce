"""JSON laid out for reading, token by token: no depth and no number is too much for it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

from services.documents.parts import MAX_PART_CHARACTERS, Part
from services.documents.plain import read_text

MAX_LINE_CHARACTERS = 1_000
MAX_INDENT = 16

# Possessive, and content with a string that has no end: nothing is looked at twice.
_STRING = re.compile(r'"[^"\\]*+(?:\\.[^"\\]*+)*+"?', re.DOTALL)
_TOKEN = re.compile(_STRING.pattern + r'|[{}\[\],:]|[^\s{}\[\],:"]++', re.DOTALL)
_LONG_LINE = re.compile(rf"[^\n]{{{MAX_LINE_CHARACTERS}}}")


def read(path: Path) -> Iterator[Part]:
    """As it is where somebody has broken it into lines; else one value a line, indented."""
    text = read_text(path)
    pieces = laid_out(text) if _LONG_LINE.search(text) else iter([readable_strings(text)])
    block: list[str] = []
    size = 0
    for piece in pieces:
        block.append(piece)
        size += len(piece)
        if size > MAX_PART_CHARACTERS:
            yield Part("".join(block))
            block, size = [], 0
    yield Part("".join(block))


def readable_strings(text: str) -> str:
    """JSON text with letters in place of their `\\u` escapes."""
    return _STRING.sub(lambda match: _readable(match[0]), text) if "\\u" in text else text


def laid_out(text: str) -> Iterator[str]:
    """The tokens of a JSON text, each with the line break, indentation or space before it."""
    depth = 0
    before = ""
    for match in _TOKEN.finditer(text):
        word = match[0]
        if word in "}]":
            depth = max(0, depth - 1)
        yield _gap(before, word, depth) + _readable(word)
        if word in "{[":
            depth += 1
        before = word


def _gap(before: str, word: str, depth: int) -> str:
    if not before or word in ",:" or (before in "{[" and word in "}]"):
        return ""
    if before in "{[," or word in "}]":
        return "\n" + " " * min(depth, MAX_INDENT)
    return " "


def _readable(word: str) -> str:
    if "\\u" not in word:
        return word
    try:
        return json.dumps(json.loads(word), ensure_ascii=False)
    except ValueError:
        return word
