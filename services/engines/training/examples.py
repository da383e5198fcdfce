"""Conversations as tokens, in the words of the chat engine's template, and which of them are learned."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from services.engines.chat_request import plain_messages

DEFAULT_SYSTEM = "You are a helpful assistant."
START, END = "<|im_start|>", "<|im_end|>"


@dataclass(frozen=True, slots=True)
class Example:
    """The tokens of one conversation; `learned` are the places of those that the model shall say."""

    tokens: list[int]
    learned: list[int]


class Encoder:
    """Makes examples with the words of one model."""

    def __init__(self, tokenizer: Any, words: Sequence[str]) -> None:
        self._tokenizer = tokenizer
        self._start, self._end = (words.index(word) for word in (START, END))

    def example(self, conversation: dict[str, Any]) -> Example:
        """One line of a training file. What an assistant says with `weight` 0 is read and not learned."""
        tokens: list[int] = []
        learned: list[int] = []
        for message, is_learned in _with_system(conversation["messages"]):
            tokens.append(self._start)
            if message["role"] == "assistant":
                # As in an answer: the beginning is given, and what follows is cut on its own.
                tokens += self._cut("assistant\n")
                said = [*self._cut(message["content"]), self._end]
                learned += range(len(tokens), len(tokens) + len(said)) if is_learned else ()
                tokens += said
            else:
                tokens += [*self._cut(f"{message['role']}\n{message['content']}"), self._end]
            tokens += self._cut("\n")
        return Example(tokens, learned)

    def _cut(self, text: str) -> list[int]:
        ids: list[int] = self._tokenizer.encode(text, add_special_tokens=False).ids
        return ids


def _with_system(messages: list[dict[str, Any]]) -> list[tuple[dict[str, Any], bool]]:
    plain = plain_messages(messages)
    learned = [m.get("weight", 1) != 0 for m in messages if m["role"] == "assistant"]
    if not plain or plain[0]["role"] != "system":
        plain.insert(0, {"role": "system", "content": DEFAULT_SYSTEM})
    answers = iter(learned)
    return [(m, m["role"] == "assistant" and next(answers)) for m in plain]
