"""How large a request's body is on the wire."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any


def body_size_bytes(body: Mapping[str, Any]) -> int:
    """Bytes of a JSON body as the openai SDK writes it: UTF-8, without a space between its parts."""
    return len(json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace"))
