"""From the text of a line to JSON: what can be wrong before there is an example at all."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator
from typing import Any

from services.tuning.checks.found import as_text, error, warning
from services.tuning.records import Finding

BOM = "\ufeff"
TRAILING_COMMA = re.compile(r",(\s*[}\]])")
CURLY_QUOTES = str.maketrans({"\u201c": '"', "\u201d": '"', "\u201e": '"'})
MAX_MENDED_CHARS = 200_000


class Unreadable(ValueError):
    """A line that is no JSON; `finding` says why."""

    def __init__(self, finding: Finding) -> None:
        super().__init__(finding.sentence)
        self.finding = finding


def marks(text: str) -> Iterator[Finding]:
    """What stands around the JSON of a line and does not belong there."""
    if text.startswith(BOM):
        yield error(
            "bom", "The file begins with a byte order mark, which is no JSON.", text.removeprefix(BOM) or " "
        )
    if text.endswith("\r"):
        yield warning("crlf", "The line ends as on Windows, with CR LF. A newline is enough.", text[:-1])


def parsed(text: str) -> tuple[Any, list[Finding]]:
    """The JSON of a line, and what is odd about it. Raises Unreadable."""
    body = text.strip(f"{BOM}\r\n\t ")
    if not body:
        raise Unreadable(error("blank_line", "The line is blank. A file has one example a line.", ""))
    odd: list[Finding] = []
    twice: list[str] = []
    constants: list[str] = []
    try:
        value = json.loads(
            body, object_pairs_hook=lambda pairs: _noting(pairs, twice), parse_constant=constants.append
        )
    except RecursionError:
        raise Unreadable(error("too_deep", "The line is nested too deeply to be read.")) from None
    except json.JSONDecodeError as problem:
        raise Unreadable(_why(body, problem)) from None
    if constants:
        raise Unreadable(
            error("not_a_number", f"{constants[0]} is no JSON. Write a number, or null, in its place.")
        )
    if twice:
        odd.append(
            error(
                "key_twice", f"The key {twice[0]!r} stands twice; only the last one counts.", as_text(value)
            )
        )
    if _has_half_character(value):
        odd.append(
            error("half_character", "A character is cut in half, as in \\ud83d alone.", as_text(value))
        )
    if "\ufffd" in body:
        odd.append(
            warning(
                "damaged_character",
                "The sign \ufffd stands where a character was lost. Import the file as UTF-8.",
            )
        )
    return value, odd


def _noting(pairs: list[tuple[str, Any]], twice: list[str]) -> dict[str, Any]:
    told = dict(pairs)
    if len(told) < len(pairs):
        keys = [key for key, _ in pairs]
        twice.extend(key for key in told if keys.count(key) > 1)
    return told


def _why(body: str, problem: json.JSONDecodeError) -> Finding:
    """Which of the usual faults makes the line unreadable, with the line mended where that can be done."""
    if len(body) > MAX_MENDED_CHARS:
        return error("not_json", f"The line is no JSON: {problem.msg} at character {problem.pos + 1:,}.")
    if (value := _loads(TRAILING_COMMA.sub(r"\1", body.rstrip(",")))) is not None:
        return error("trailing_comma", "A comma stands where nothing follows.", as_text(value))
    if (value := _loads(body, strict=False)) is not None:
        return error(
            "control_character",
            "A text has a raw tab or control sign; JSON writes \\t or \\n.",
            as_text(value),
        )
    if (value := _loads(body.translate(CURLY_QUOTES))) is not None:
        return error(
            "curly_quotes", "The quotes are typographic ones; JSON wants straight ones.", as_text(value)
        )
    if isinstance(value := _literal(body), (dict, list)):
        return error(
            "python_literal", "The line is Python, not JSON: single quotes, True or None.", as_text(value)
        )
    if problem.msg == "Extra data":
        return error(
            "several_on_a_line",
            f"A second example or other text begins at character {problem.pos + 1:,}. Give it a line of its own.",
        )
    if (value := _closed(body)) is not None:
        return error("not_closed", "The line ends too early: a bracket is not closed.", as_text(value))
    return error("not_json", f"The line is no JSON: {problem.msg} at character {problem.pos + 1:,}.")


def _loads(body: str, *, strict: bool = True) -> Any:
    try:
        return json.loads(body, strict=strict)
    except (ValueError, RecursionError):
        return None


def _literal(body: str) -> Any:
    try:
        value = ast.literal_eval(body)
        json.dumps(value)
    except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError):
        return None
    return value


def _closed(body: str) -> Any:
    """The value once missing brackets are put at the end; None when more than that is missing."""
    return next((value for end in ("}", "]}", "}]}") if (value := _loads(body + end)) is not None), None)


def _has_half_character(value: object) -> bool:
    try:
        json.dumps(value, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        return True
    return False
