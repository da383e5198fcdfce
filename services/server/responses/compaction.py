"""A compaction item: what was said before, in short, in a form that a client only carries along."""

from __future__ import annotations

import base64
import binascii
import json
from typing import Any

from services.server.errors import ApiError
from services.server.store.ids import new_id

Shape = dict[str, Any]

PROMPT = (
    "Write down what must not be forgotten of this conversation, so that it can be continued without the messages: who"
    " said what matters, facts, names, numbers, decisions, open questions. Be brief. Do not answer the person."
)


def compacted(summary: str) -> Shape:
    """The item that stands for what was said."""
    sealed = base64.b64encode(json.dumps({"summary": summary}).encode()).decode()
    return {"id": new_id("cmp_"), "type": "compaction", "encrypted_content": sealed}


def summary_of(item: Shape) -> str:
    """What an item stands for. ApiError 400 for one that was not made here."""
    try:
        return str(json.loads(base64.b64decode(item["encrypted_content"], validate=True))["summary"])
    except (ValueError, KeyError, TypeError, binascii.Error):
        message = (
            "The encrypted content of a compaction item could not be read. Send it as this server gave it."
        )
        raise ApiError(400, message, code="invalid_encrypted_content", param="input") from None
