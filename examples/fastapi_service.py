"""A service of your own: FastAPI in front of a model, with a key for each person, a daily budget, and a streamed answer.

It keeps its books with Tandem's own ledger and budgets.

    export SERVICE_KEYS=ada=secret-1,bob=secret-2 SERVICE_USD_A_DAY=0.50
    uvicorn --app-dir examples fastapi_service:app --port 8600
    curl -N 127.0.0.1:8600/ask -H 'Authorization: Bearer secret-1' -H 'Content-Type: application/json' \\
         -d '{"question": "What is a token?"}'
"""

import os
import secrets
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from typing import Annotated

from fastapi import Depends, FastAPI, HTTPException
from fastapi.responses import StreamingResponse
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from openai import OpenAI
from pydantic import BaseModel, Field

from services.errors import BudgetExceeded
from services.metering.budgets import Budgets, Limits
from services.metering.ledger import Ledger
from services.metering.prices import price
from services.metering.records import CallRecord
from services.storage.database import open_database
from services.storage.preferences import Preferences
from services.tokens import count
from services.turns import Usage

MODEL = os.environ.get("MODEL", "qwen2.5-coder-1.5b-instruct")
LONGEST_ANSWER_TOKENS = 500
KEYS = {
    key: person
    for person, _, key in (entry.partition("=") for entry in os.environ.get("SERVICE_KEYS", "").split(","))
    if person and key
}

app = FastAPI(title="Ask")
database = open_database(os.environ.get("SERVICE_DATABASE_URL", "sqlite:///service.db"))
client = OpenAI()


class Question(BaseModel):
    """What is asked."""

    question: str = Field(min_length=1, max_length=4000)


def person(sent: Annotated[HTTPAuthorizationCredentials, Depends(HTTPBearer())]) -> str:
    """Whose key this is. Compared in constant time, so that nobody learns a key by measuring."""
    for key, name in KEYS.items():
        if secrets.compare_digest(key.encode(), sent.credentials.encode()):
            return name
    raise HTTPException(401, "This key is not known.")


def check_budget(who: str, question: str) -> None:
    """Refuse with 402 what would pass the person's budget of the day."""
    budgets = Budgets(Preferences(database, who))
    budgets.set_limits(Limits(day_usd=Decimal(os.environ.get("SERVICE_USD_A_DAY", "1"))))
    estimate = price(MODEL, Usage(count(question), LONGEST_ANSWER_TOKENS))
    try:
        budgets.check(Ledger(database, who), None, estimate, datetime.now(UTC))
    except BudgetExceeded as error:
        raise HTTPException(402, error.user_message) from error


@app.post("/ask")
def ask(asked: Question, who: Annotated[str, Depends(person)]) -> StreamingResponse:
    """The answer as plain text, piece by piece."""
    check_budget(who, asked.question)
    return StreamingResponse(written(who, asked.question), media_type="text/plain")


@app.get("/spent")
def spent(who: Annotated[str, Depends(person)]) -> dict[str, str | int]:
    """What this person has used."""
    totals = Ledger(database, who).totals()
    return {"calls": totals.calls, "usd": str(totals.cost_usd)}


def written(who: str, question: str) -> Iterator[str]:
    """Pass the pieces on, and enter the call in the ledger, also when the reader leaves half-way."""
    began, usage, status = time.monotonic(), Usage(), "interrupted"
    try:
        with client.chat.completions.create(
            model=MODEL,
            messages=[{"role": "user", "content": question}],
            max_completion_tokens=LONGEST_ANSWER_TOKENS,
            stream=True,
            stream_options={"include_usage": True},
        ) as stream:
            for chunk in stream:
                if chunk.usage:
                    usage = Usage(chunk.usage.prompt_tokens, chunk.usage.completion_tokens)
                if chunk.choices and (piece := chunk.choices[0].delta.content):
                    yield piece
        status = "completed"
    finally:
        call = CallRecord(
            at=datetime.now(UTC),
            connection="service",
            mode="chat_completions",
            model=MODEL,
            answered_by=None,
            usage=usage,
            status=status,
            cost_usd=price(MODEL, usage),
            duration_s=time.monotonic() - began,
        )
        Ledger(database, who).record(call)
