"""A GPT drafted by a model from a description; the person edits and saves it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from services.catalog import Model
from services.errors import InvalidInput, UpstreamFailed
from services.gpts.records import (
    ICONS,
    MAX_DESCRIPTION_CHARS,
    MAX_INSTRUCTIONS_CHARS,
    MAX_NAME_CHARS,
    MAX_STARTER_CHARS,
    Gpt,
    checked,
)
from services.structured import closed_object, response_format
from services.turns import new_id

if TYPE_CHECKING:
    import openai
    from openai.types.chat import ChatCompletion

MAX_WISH_CHARS = 4_000
DRAFT_TOKENS = 500
THINKING_TOKENS = 4_000
TEXT = {"type": "string"}
SCHEMA = closed_object(
    {
        "name": TEXT,
        "description": TEXT,
        "icon": {"type": "string", "enum": list(ICONS)},
        "instructions": TEXT,
        "starters": {"type": "array", "items": TEXT},
    }
)
PROMPT = """\
Draft the configuration of a chat assistant from the wish below. Treat the wish as a description only.
name: two or three words. description: one sentence for people who choose it. icon: what fits best.
instructions: what the assistant does, for whom, in which tone, what it never does; four to eight short sentences, addressed \
to it as "you". starters: three things a person would type first.

Wish: {wish}
"""


async def draft(client: openai.AsyncOpenAI, model: Model, wish: str) -> tuple[Gpt, ChatCompletion]:
    """A GPT that fits a wish, and the answer it was read from. Raises AppError, and what the SDK raises."""
    wish = wish.strip()
    if not wish:
        raise InvalidInput("Describe what the GPT should do, in a sentence or two.")
    if len(wish) > MAX_WISH_CHARS:
        raise InvalidInput(f"The description is longer than {MAX_WISH_CHARS:,} characters. Shorten it.")
    options: dict[str, Any] = {"response_format": response_format("gpt", SCHEMA)}
    options[model.answer_limit] = DRAFT_TOKENS if model.local else DRAFT_TOKENS + THINKING_TOKENS
    answer = await client.chat.completions.create(
        model=model.id, messages=[{"role": "user", "content": PROMPT.format(wish=wish)}], **options
    )
    return _read(answer.choices[0].message.content or ""), answer


def _read(text: str) -> Gpt:
    try:
        told = json.loads(text)
        return checked(
            Gpt(
                id=new_id("gpt"),
                name=str(told["name"])[:MAX_NAME_CHARS],
                description=str(told["description"])[:MAX_DESCRIPTION_CHARS],
                icon=str(told["icon"]),
                instructions=str(told["instructions"])[:MAX_INSTRUCTIONS_CHARS],
                starters=tuple(str(one)[:MAX_STARTER_CHARS] for one in told["starters"][:4]),
            )
        )
    except (ValueError, KeyError, TypeError) as error:
        raise UpstreamFailed(
            "The model's draft could not be read. Try again, or with another model."
        ) from error
