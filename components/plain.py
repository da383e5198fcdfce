"""A text as it is: for titles, excerpts and names, where Markdown would only be in the way."""

from __future__ import annotations

import re

from components.markdown import JOINER

NO_BREAK_SPACE = "\u00a0"

_SIGN = re.compile(r":(?=\S)|[!-/;-@\[-`{-~]")
_ANY_SIGN = re.compile(r"[!-/:-@\[-`{-~]")
# Streamlit draws these as arrows, dashes and signs where they stand alone.
_TYPED_SIGN = re.compile(r"(?<!\S)(?:<?->|<-|--|[<>~]=)(?!\S)")
_LINE_END = "  \n"


def plain(text: str) -> str:
    """`text` on one line, with every sign that Markdown or Streamlit would take for a command escaped."""
    return _SIGN.sub(_escaped, _as_typed(" ".join(text.split())))


def plain_lines(text: str, background: str = "") -> str:
    """`text` with its lines and their indentation; on a `background`, the name of one of Streamlit's colours.

    Such texts may follow each other directly: none begins or ends in the middle of a command.
    """
    return _LINE_END.join(_line(line, background) for line in text.split("\n"))


def _line(line: str, background: str) -> str:
    words = line.lstrip(" \t")
    if not words:
        return ""
    indent = NO_BREAK_SPACE * len(line[: len(line) - len(words)].expandtabs(4))
    shown = _ANY_SIGN.sub(_escaped, _as_typed(words))
    return f"{indent}:{background}-background[{shown}]" if background else indent + shown


def _as_typed(text: str) -> str:
    return _TYPED_SIGN.sub(lambda sign: sign[0][0] + JOINER + sign[0][1:], text)


def _escaped(sign: re.Match[str]) -> str:
    # Commands like :smile: are looked up in the finished text, where a backslash is gone.
    return f"\\:{JOINER}" if sign[0] == ":" else f"\\{sign[0]}"
