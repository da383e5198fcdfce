"""A conversation's title, asked of the model that has just answered in it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from services.turns import Turn

if TYPE_CHECKING:
    import openai
    from openai.types.chat import ChatCompletion, ChatCompletionMessageParam

MAX_TITLE_CHARS = 60
EXCERPT_CHARS = 600
MAX_TITLE_WORDS = 7
# Small models need to be shown what a title is; told only, they answer the message.
EXAMPLES = (
    ("How do I keep my sourdough starter alive on holiday?", "Sourdough starter on holiday"),
    ("Schreibe mir eine Absage für die Feier am Samstag.", "Absage für Samstag"),
    ("def add(a, b): return a - b  # why is this wrong?", "Bug in an add function"),
)
INSTRUCTION = "You give each message a title of two to five words, in its language. You never answer it."


async def name_conversation(client: openai.AsyncOpenAI, turn: Turn) -> tuple[str, ChatCompletion]:
    """A short title for the conversation that begins with `turn`, and the call that made it."""
    text = turn.user.content
    completion = await client.chat.completions.create(
        model=turn.model, messages=_prompt(text[:EXCERPT_CHARS]), max_completion_tokens=24
    )
    return tidy_title(completion.choices[0].message.content or "") or fallback_title(text), completion


def _prompt(text: str) -> list[ChatCompletionMessageParam]:
    messages: list[ChatCompletionMessageParam] = [{"role": "system", "content": INSTRUCTION}]
    for message, title in EXAMPLES:
        messages += [
            {"role": "user", "content": f"Message: {message}"},
            {"role": "assistant", "content": f"Title: {title}"},
        ]
    return [*messages, {"role": "user", "content": f"Message: {text}"}]


def tidy_title(text: str) -> str:
    """A model's suggestion as one plain line: no quotes, label, markup or closing dot."""
    first = next((line for line in text.splitlines() if line.strip()), "")
    plain = re.sub(r"^(topic|title)\s*:\s*", "", first.strip(" *#_`\"'“”„.:"), flags=re.IGNORECASE)
    words = plain.strip(" *\"'“”.").split()
    return shorten(" ".join(words[:MAX_TITLE_WORDS]) + ("…" if len(words) > MAX_TITLE_WORDS else ""))


def fallback_title(text: str) -> str:
    """The first words of the message."""
    return shorten(" ".join(text.split())) or "New conversation"


def shorten(text: str, most_chars: int = MAX_TITLE_CHARS) -> str:
    """`text` cut at a word so that it fits a list."""
    if len(text) <= most_chars:
        return text
    return text[: most_chars - 1].rsplit(" ", 1)[0] + "…"
