"""A conversation's title, asked of the model that has just answered in it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from services.turns import Turn

if TYPE_CHECKING:
    import openai
    from openai.types.chat import ChatCompletion

MAX_TITLE_CHARS = 60
EXCERPT_CHARS = 600
PROMPT = "Name the topic of this message in two to five words, in its language. Answer with the words alone.\n\nMessage: {}"


async def name_conversation(client: openai.AsyncOpenAI, turn: Turn) -> tuple[str, ChatCompletion]:
    """A short title for the conversation that begins with `turn`, and the call that made it."""
    completion = await client.chat.completions.create(
        model=turn.model,
        messages=[{"role": "user", "content": PROMPT.format(turn.user.content[:EXCERPT_CHARS])}],
        max_completion_tokens=16,
    )
    return tidy_title(completion.choices[0].message.content or "") or fallback_title(
        turn.user.content
    ), completion


def tidy_title(text: str) -> str:
    """A model's suggestion as one plain line: no quotes, label, markup or closing dot."""
    first = next((line for line in text.splitlines() if line.strip()), "")
    plain = re.sub(r"^(topic|title)\s*:\s*", "", first.strip(" *#_`\"'“”„.:"), flags=re.IGNORECASE)
    return shorten(plain.strip(" *\"'“”."))


def fallback_title(text: str) -> str:
    """The first words of the message."""
    return shorten(" ".join(text.split())) or "New conversation"


def shorten(text: str, most_chars: int = MAX_TITLE_CHARS) -> str:
    """`text` cut at a word so that it fits a list."""
    if len(text) <= most_chars:
        return text
    return text[: most_chars - 1].rsplit(" ", 1)[0] + "…"
