"""A text as it is: for titles, excerpts and names, where Markdown would only be in the way."""

from __future__ import annotations

import re

from components.markdown import JOINER

_SIGN = re.compile(r":(?=\S)|[!-/;-@\[-`{-~]")


def plain(text: str) -> str:
    """`text` on one line, with every sign that Markdown or Streamlit would take for a command escaped."""
    return _SIGN.sub(_escaped, " ".join(text.split()))


def _escaped(sign: re.Match[str]) -> str:
    # Commands like :smile: are looked up in the finished text, where a backslash is gone.
    return f"\\:{JOINER}" if sign[0] == ":" else f"\\{sign[0]}"
