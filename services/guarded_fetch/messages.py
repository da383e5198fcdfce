"""What is asked of a guarded fetch, and what it gives."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from services.errors import InvalidInput

MAX_BYTES = 1_000_000
TIMEOUT_S = 20.0
METHODS = ("GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE")

# Headers that say where a request goes or how it is framed, or that name somebody else as the sender.
_OURS = {
    "accept-encoding",
    "connection",
    "content-length",
    "cookie",
    "expect",
    "forwarded",
    "host",
    "keep-alive",
}
_OURS |= {"origin", "te", "trailer", "transfer-encoding", "upgrade", "via"}
_OURS_BY_PREFIX = ("proxy-", "sec-", "x-forwarded-", "x-http-method")
_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]{1,100}")
_VALUE = re.compile(r"[\x20-\x7e\xa1-\xff]{0,4000}")


@dataclass(frozen=True, slots=True)
class FetchRequest:
    """A request. Its address and headers may hold a key, so that neither is shown; then set `carries_key`."""

    url: str = field(repr=False)
    method: str = "GET"
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    body: bytes = field(default=b"", repr=False)
    carries_key: bool = False
    max_bytes: int = MAX_BYTES
    timeout_s: float = TIMEOUT_S


@dataclass(frozen=True, slots=True)
class Fetched:
    """An answer, whatever its status. `is_cut` when `body` is only the beginning.

    `headers` have lower-case names; `size_bytes` is the length the server announced, None when it did not.
    """

    status: int
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)
    url: str = field(repr=False)
    is_cut: bool = False

    @property
    def media_type(self) -> str:
        """`application/json`; empty when the server did not say."""
        return self.headers.get("content-type", "").partition(";")[0].strip().lower()

    @property
    def size_bytes(self) -> int | None:
        length = self.headers.get("content-length", "")
        is_plain = "content-encoding" not in self.headers
        return int(length) if is_plain and length.isdecimal() and length.isascii() else None

    @property
    def text(self) -> str:
        """The body as text, in the encoding it was declared in or else UTF-8; what does not decode is replaced."""
        declared = re.search(
            r"charset=[\"']?([\w.:-]{1,40})", self.headers.get("content-type", ""), re.IGNORECASE
        )
        try:
            return self.body.decode(declared[1] if declared else "utf-8", "replace")
        except (LookupError, ValueError):
            return self.body.decode("utf-8", "replace")


def is_free_header(name: str) -> bool:
    """Whether a caller may set this header."""
    lower = name.lower()
    return bool(_NAME.fullmatch(name)) and lower not in _OURS and not lower.startswith(_OURS_BY_PREFIX)


def check_message(request: FetchRequest) -> None:
    """Raise InvalidInput for a method or header that must not be sent. Names the header, never its value."""
    if request.method not in METHODS:
        raise InvalidInput(f"The method must be one of {', '.join(METHODS)}.")
    for name, value in request.headers.items():
        if not is_free_header(name):
            raise InvalidInput(f"The header “{name[:60]}” cannot be set.")
        if not _VALUE.fullmatch(value):
            raise InvalidInput(
                f"The value of the header “{name}” has characters that a header cannot carry, or more than 4,000."
            )
