"""How the server behind a local connection is doing, asked over HTTP as any client would."""

from __future__ import annotations

import json
import urllib.request
from dataclasses import dataclass
from typing import Any

TIMEOUT_S = 1.0


@dataclass(frozen=True, slots=True)
class EngineState:
    """Where the local chat model stands: missing, fetching, loading, ready, crashed, stopped or failed."""

    state: str
    progress: float | None = None
    error: str | None = None

    @property
    def sentence(self) -> str:
        """What is being waited for; empty when the model is ready."""
        match self.state:
            case "fetching":
                share = f", {self.progress:.0%} done" if self.progress is not None else ""
                return f"The local model is being downloaded{share}"
            case "loading" | "stopped":
                return "The local model is loading, a few seconds"
            case "crashed":
                return "The local model stopped and is starting again"
            case "missing" | "failed":
                return self.error or "The local model is not there"
        return ""


def read_health(base_url: str) -> dict[str, Any] | None:
    """What /healthz of a Tandem server says; None when it does not answer."""
    address = base_url.removesuffix("/v1") + "/healthz"
    try:
        with urllib.request.urlopen(address, timeout=TIMEOUT_S) as response:  # noqa: S310 - our own address
            body = json.load(response)
    except (OSError, ValueError):
        return None
    return body if isinstance(body, dict) else None


def engine_state(base_url: str) -> EngineState | None:
    """The chat engine's state; None when the server does not say."""
    chat = ((read_health(base_url) or {}).get("engines") or {}).get("chat") or {}
    if "state" not in chat:
        return None
    return EngineState(chat["state"], chat.get("progress"), chat.get("error"))
