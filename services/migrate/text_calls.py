"""Calls in any other text, found by patterns: JavaScript and TypeScript, curl, and SDKs of other languages."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator

from services.migrate.calls import BETA_HEADER, HEADER, NAMES, RAW_PATH, becomes, below_beta, of_path
from services.migrate.python_calls import Hit

LONGEST_LINE_CHARS = 20_000
"""Longer lines are somebody's bundle; they are cut, and patterns stay fast."""

_STEP = r"(?:\(\))?\s{0,40}[?!]?\.\s{0,40}"
_RESOURCES = r"(?:threads|assistants|vector_?stores)"
_CHAIN = re.compile(rf"\bbeta{_STEP}{_RESOURCES}\b(?:{_STEP}[A-Za-z_]\w{{0,40}})*", re.IGNORECASE)
_ALIAS = re.compile(
    rf"\b(\w+)\s{{0,4}}(?::=|=)\s{{0,4}}(?:await\s)?(?:\w+{_STEP}){{1,4}}(beta(?:{_STEP}(?:threads|assistants|messages|runs|steps)\b)*)(?!{_STEP}\w)",
    re.IGNORECASE,
)
_TAKEN_APART = re.compile(r"\{([^{}]{1,200})\}\s{0,4}=\s{0,4}(?:\w+\.){1,4}beta\b(?!\s*\.)")
_NAME = re.compile(rf"\b(?:{'|'.join(NAMES)})\b")
_WORD = re.compile(r"[A-Za-z_]\w*")
_COMMENT = re.compile(r"^\s*(?://|/?\*(?!/)|<!--)")
_RESOURCE_ENDS = ("threads", "assistants", "vector_stores", "messages", "runs", "steps")


def hits(text: str) -> list[Hit]:
    """The calls in a text, by line; lines that are comments call nothing."""
    lines = [line[:LONGEST_LINE_CHARS] for line in text.splitlines()]
    kept = "\n".join("" if _COMMENT.match(line) else line for line in lines)
    starts = [0]
    for line in kept.split("\n"):
        starts.append(starts[-1] + len(line) + 1)
    found = {(bisect_right(starts, place), hit.call): hit for place, hit in _found(kept)}
    numbered = [Hit(line, hit.call, hit.becomes) for (line, _), hit in found.items()]
    return sorted(numbered, key=lambda hit: (hit.line, hit.call))


def _found(text: str) -> Iterator[tuple[int, Hit]]:
    """Each call with the place of its last character, where its method stands."""
    for match in BETA_HEADER.finditer(text):
        yield match.start(), Hit(0, "OpenAI-Beta: assistants", HEADER)
    speaks_openai = "openai" in text.lower()
    for match in RAW_PATH.finditer(text):
        if match[0].startswith("/v1/") or speaks_openai:
            yield match.start(), Hit(0, match[0], of_path(match[0]))
    for match in _NAME.finditer(text):
        yield match.start(), Hit(0, match[0], NAMES[match[0]])
    for match in _CHAIN.finditer(text):
        yield from _of_chain(match.end() - 1, tuple(_WORD.findall(match[0])))
    for name, prefix in _aliases(text):
        for match in re.finditer(
            rf"(?<![\w.]){re.escape(name)}((?:{_STEP}\w{{1,40}}){{1,4}})\s{{0,4}}\(", text
        ):
            yield from _of_chain(match.end() - 1, (*prefix, *_WORD.findall(match[1])))


def _of_chain(place: int, chain: tuple[str, ...]) -> Iterator[tuple[int, Hit]]:
    below = below_beta(chain)
    if below is not None and below[-1] not in _RESOURCE_ENDS:
        yield place, Hit(0, ".".join(chain), becomes(below))


def _aliases(text: str) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Names that stand for `beta` or a resource below it."""
    for match in _ALIAS.finditer(text):
        yield match[1], tuple(_WORD.findall(match[2]))
    for match in _TAKEN_APART.finditer(text):
        for entry in match[1].split(","):
            names = _WORD.findall(entry)
            if names and names[0] in ("threads", "assistants", "vectorStores"):
                yield names[-1], ("beta", names[0])
