"""Several questions at once, with a bound on how many are under way: what a program does that has many to ask.

python examples/chat_async.py "Capital of France?" "Capital of Peru?" "Capital of Japan?"
"""

import asyncio
import os
import sys

from openai import AsyncOpenAI, OpenAIError

MODEL = os.environ.get("MODEL", "qwen2.5-coder-1.5b-instruct")
AT_ONCE = 4


async def ask(client: AsyncOpenAI, turnstile: asyncio.Semaphore, question: str) -> str:
    """The answer, or why there is none: one failure leaves the others alone."""
    async with turnstile:
        try:
            answer = await client.chat.completions.create(
                model=MODEL, messages=[{"role": "user", "content": question}], max_completion_tokens=100
            )
        except OpenAIError as error:
            return f"failed: {error}"
    return answer.choices[0].message.content or ""


async def main(questions: list[str]) -> None:
    """Ask all, and print the answers in the order of the questions."""
    turnstile = asyncio.Semaphore(AT_ONCE)
    async with AsyncOpenAI(max_retries=3) as client:  # waits and tries again after 429
        answers = await asyncio.gather(*(ask(client, turnstile, question) for question in questions))
    for question, answer in zip(questions, answers, strict=True):
        print(f"{question} {answer}")


asyncio.run(main(sys.argv[1:] or ["Capital of France?", "Capital of Peru?", "Capital of Japan?"]))
