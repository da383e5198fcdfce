"""Text that a spreadsheet would take for a formula, made harmless.

Source: OWASP, CSV Injection.
"""

from __future__ import annotations

import re

_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
_NUMBER = re.compile(r"[+-]?\d+([.,]\d+)*%?")


def harmless(text: str) -> str:
    """The text, with an apostrophe before it if a spreadsheet would take it for a formula; numbers are none."""
    looks_live = text.lstrip(" \u00a0").startswith(_STARTS) or text.startswith(_STARTS)
    return f"'{text}" if looks_live and not _NUMBER.fullmatch(text) else text
