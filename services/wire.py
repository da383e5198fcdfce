"""What really travelled: one recorded HTTP exchange, and the same as curl or Python."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Exchange:
    """One request and its response as they went over the wire, the key redacted.

    Bodies are text; a long data URL in them is shortened to its type and size. A streamed
    response body is the raw server-sent events as far as they were read.
    """

    method: str
    url: str
    request_headers: dict[str, str]
    request_body: str
    request_size_bytes: int
    sent_at: datetime
    status: int | None = None
    response_headers: dict[str, str] = field(default_factory=dict)
    response_body: str = ""
    duration_s: float | None = None
