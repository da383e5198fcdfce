"""A web service that streams an answer on: `uvicorn with_fastapi:app`, then `curl -N localhost:8000/ask?q=Hello`."""

import os
from collections.abc import AsyncIterator

from fastapi import FastAPI, Query
from fastapi.responses import StreamingResponse
from openai import AsyncOpenAI

app = FastAPI()
client = AsyncOpenAI()
model = os.environ.get("MODEL", "gpt-6-luna")


async def answer(question: str) -> AsyncIterator[str]:
    stream = await client.chat.completions.create(
        model=model, messages=[{"role": "user", "content": question}], stream=True
    )
    async with stream:  # a visitor who leaves ends the model's work too
        async for piece in stream:
            if piece.choices:
                yield piece.choices[0].delta.content or ""


@app.get("/ask")
async def ask(q: str = Query(min_length=1, max_length=2000)) -> StreamingResponse:
    return StreamingResponse(answer(q), media_type="text/plain; charset=utf-8")
