"""OpenAI's shapes of a chat answer: `chat.completion`, its chunks, and usage."""

from __future__ import annotations

import secrets
import string
import time
from dataclasses import dataclass, field
from typing import Any

BASE62 = string.digits + string.ascii_letters

Shape = dict[str, Any]


def new_id(prefix: str, length: int) -> str:
    """A random id as OpenAI writes them: prefix and base62 characters."""
    return prefix + "".join(secrets.choice(BASE62) for _ in range(length))


@dataclass(frozen=True, slots=True)
class Envelope:
    """What all pieces of one answer share."""

    model: str
    id: str = field(default_factory=lambda: new_id("chatcmpl-", 29))
    created: int = field(default_factory=lambda: int(time.time()))
    with_usage: bool = False

    def completion(self, choices: list[Shape], usage: Shape) -> Shape:
        """A whole answer."""
        return self._shape("chat.completion", choices) | {"usage": usage}

    def chunk(self, index: int, delta: Shape, finish: str | None = None, logprobs: object = None) -> Shape:
        """One piece of a streamed answer."""
        choice = {"index": index, "delta": delta, "logprobs": logprobs, "finish_reason": finish}
        shape = self._shape("chat.completion.chunk", [choice])
        return shape | {"usage": None} if self.with_usage else shape

    def usage_chunk(self, usage: Shape) -> Shape:
        """The last piece of a streamed answer that was asked for usage."""
        return self._shape("chat.completion.chunk", []) | {"usage": usage}

    def _shape(self, kind: str, choices: list[Shape]) -> Shape:
        return {
            "id": self.id,
            "object": kind,
            "created": self.created,
            "model": self.model,
            "choices": choices,
            "service_tier": "default",
            "system_fingerprint": None,
        }


def usage_of(raw: Shape | None, *, count_prompt: bool = True) -> Shape:
    """llama.cpp's token counts as OpenAI's usage object; of several choices only the first counts the prompt."""
    raw = raw or {}
    if not count_prompt:
        raw = {"completion_tokens": raw.get("completion_tokens", 0)}
    prompt, completion = raw.get("prompt_tokens", 0), raw.get("completion_tokens", 0)
    cached = (raw.get("prompt_tokens_details") or {}).get("cached_tokens", 0)
    return {
        "prompt_tokens": prompt,
        "completion_tokens": completion,
        "total_tokens": prompt + completion,
        "prompt_tokens_details": {"cached_tokens": cached, "audio_tokens": 0},
        "completion_tokens_details": {
            "reasoning_tokens": 0,
            "audio_tokens": 0,
            "accepted_prediction_tokens": 0,
            "rejected_prediction_tokens": 0,
        },
    }


def add_usage(one: Shape, other: Shape) -> Shape:
    """The sum of two usages, detail by detail."""
    return {
        name: add_usage(value, other[name]) if isinstance(value, dict) else value + other[name]
        for name, value in one.items()
    }


def logprobs_of(raw: Shape | None) -> Shape | None:
    """llama.cpp's log probabilities without its own fields."""
    if not raw or not raw.get("content"):
        return None
    return {"content": [_token(item) for item in raw["content"]], "refusal": None}


def _token(item: Shape) -> Shape:
    token = {name: item[name] for name in ("token", "logprob", "bytes")}
    if "top_logprobs" in item:
        token["top_logprobs"] = [_token(top) for top in item["top_logprobs"]]
    return token
