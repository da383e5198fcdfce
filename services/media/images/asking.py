"""A question about a picture: a model that sees gets the picture, any other the facts that were read from it."""

from __future__ import annotations

import base64
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from services.catalog import Model
from services.clients import Connection, as_app_error
from services.documents.images import read_image
from services.media.images.looking import Look
from services.metering.ledger import Ledger
from services.metering.prices import price
from services.metering.records import CallRecord
from services.turns import Usage

MODE = "images"
MOST_ANSWER_TOKENS = 400
TIMEOUT_S = 300.0
UNSEEN = (
    "You help with a picture that you cannot see yourself. Programs read these facts from it; they are all you know. Answer the "
    "question from them in one to three sentences. When they do not tell, say that the picture itself was not seen and what the facts "
    "do tell. Never guess what is shown."
)


def sees(model: Model) -> bool:
    """Whether a model is given the picture itself."""
    return not model.local and model.vision is not False


def answer(
    connection: Connection, model: Model, question: str, data: bytes, look: Look, *, ledger: Ledger
) -> Iterator[str]:
    """The answer, as it is written. Raises AppError."""
    import openai

    client = openai.OpenAI(
        base_url=connection.base_url, api_key=connection.api_key or "none", timeout=TIMEOUT_S, max_retries=0
    )
    began, usage, status = time.perf_counter(), Usage(), "failed"
    first_s: float | None = None
    try:
        with client.chat.completions.create(
            model=model.id,
            messages=_messages(model, question, data, look),
            stream=True,
            stream_options={"include_usage": True},
        ) as stream:
            for chunk in stream:
                if chunk.usage:
                    usage = Usage(chunk.usage.prompt_tokens, chunk.usage.completion_tokens)
                if chunk.choices and (text := chunk.choices[0].delta.content):
                    first_s = first_s or time.perf_counter() - began
                    yield text
        status = "completed"
    except GeneratorExit:
        status = "stopped"
        raise
    except Exception as error:
        raise as_app_error(error, connection) from error
    finally:
        ledger.record(
            CallRecord(
                at=datetime.now(UTC),
                connection=connection.name,
                mode=MODE,
                model=model.id,
                answered_by=model.id,
                usage=usage,
                status=status,
                cost_usd=Decimal(0) if model.local else price(model, usage),
                ttft_s=first_s,
                duration_s=time.perf_counter() - began,
                local=model.local,
            )
        )


def _messages(model: Model, question: str, data: bytes, look: Look) -> Any:
    if not sees(model):
        return [
            {"role": "system", "content": UNSEEN},
            {"role": "user", "content": f"Facts: {look.summary[:6000]}\n\nQuestion: {question}"},
        ]
    media_type, clean = read_image("The picture", data)
    url = f"data:{media_type};base64,{base64.b64encode(clean).decode()}"
    return [
        {
            "role": "user",
            "content": [{"type": "text", "text": question}, {"type": "image_url", "image_url": {"url": url}}],
        }
    ]
