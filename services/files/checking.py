"""A second look by a small model: whether the place that seems to bear its sentence out answers the question at all."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from services.files.support import AROUND, Support

if TYPE_CHECKING:
    import openai
    from openai.types.chat.chat_completion_token_logprob import TopLogprob

INSTRUCTIONS = "You check whether a text answers a question. Answer only yes or no."
LIKELY = 0.55
"""Less sure of its yes, the model of 1.5 billion parameters was more often wrong than right (half of our questions)."""
LIKELIEST = 10


async def answers(client: openai.AsyncOpenAI, model: str, question: str, found: Support) -> bool:
    """Whether the model finds its answer in the text around a quote; True where the server does not tell how sure it is.

    It reads some 250 tokens and writes one. What goes wrong there leaves the sentence as well supported as it was.
    """
    import openai

    asked = f"{found.passage.filename}:\n{around(found)}\n\nQuestion: {question}\nDoes this text answer the question?"
    try:
        told = await client.chat.completions.create(
            model=model,
            messages=[{"role": "system", "content": INSTRUCTIONS}, {"role": "user", "content": asked}],
            max_completion_tokens=1,
            temperature=0,
            logprobs=True,
            top_logprobs=LIKELIEST,
        )
    except openai.OpenAIError:
        return True
    logprobs = told.choices[0].logprobs if told.choices else None
    sure = _sure(logprobs.content[0].top_logprobs) if logprobs and logprobs.content else None
    return sure is None or sure >= LIKELY


def around(found: Support) -> str:
    """The quote with what stands around it."""
    start = found.passage.text.find(found.quote)
    return found.passage.text[max(0, start - AROUND) : start + len(found.quote) + AROUND]


def _sure(tokens: list[TopLogprob]) -> float | None:
    """The share of yes among yes and no; None when neither is likely."""
    shares = {"yes": 0.0, "no": 0.0}
    for token in tokens:
        word = token.token.strip().casefold()
        if word in shares:
            shares[word] += math.exp(token.logprob)
    total = sum(shares.values())
    return shares["yes"] / total if total else None
