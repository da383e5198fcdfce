"""Ids as OpenAI writes them."""

from __future__ import annotations

import re
import secrets
import string

BASE62 = string.digits + string.ascii_letters
BASE62_PREFIXES = {
    "asst_": 24, "thread_": 24, "msg_": 24, "run_": 24, "step_": 24, "call_": 24, "file-": 22,
}  # fmt: skip
HEX_CHARS = 32
SHAPE = re.compile(r"[A-Za-z0-9_\-]{1,64}")


def new_id(prefix: str) -> str:
    """A fresh random id: base-62 characters after `asst_`, `file-` and their like, hexadecimal after `vs_`."""
    if length := BASE62_PREFIXES.get(prefix):
        return prefix + "".join(secrets.choice(BASE62) for _ in range(length))
    return prefix + secrets.token_hex(HEX_CHARS // 2)


def is_id(text: str) -> bool:
    """Whether this could be an id at all: what could not is never looked for."""
    return SHAPE.fullmatch(text) is not None
