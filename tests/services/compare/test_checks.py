"""What a lane's model, mode or connection lacks is said before anything is sent, and the request does without it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from services.catalog import Model, describe
from services.clients import Connection
from services.compare.checks import notices, sendable
from services.compare.records import Lane
from services.turns import Mode

OPENAI = Connection("OpenAI", "openai", "https://api.openai.com/v1", "k")
LOCAL = Connection("Local", "local", "http://127.0.0.1:8501/v1", "k")
LUNA = describe("gpt-6-luna", "OpenAI")


def lane(mode: Mode = Mode.CHAT_COMPLETIONS, **more: object) -> Lane:
    return Lane("a", mode, "OpenAI", "gpt-6-luna", **more)  # type: ignore[arg-type]


def test_a_lane_that_lacks_nothing_has_no_notice() -> None:
    assert notices(lane(), LUNA, OPENAI) == []


@pytest.mark.parametrize(
    ("asked", "model", "connection", "said"),
    [
        (lane(), LUNA, None, "no connection named OpenAI"),
        (lane(), LUNA, replace(OPENAI, api_key=""), "no key yet"),
        (lane(Mode.ASSISTANTS), LUNA, OPENAI, "closed it on 26 August 2026"),
        (lane(tools=("file_search",)), LUNA, OPENAI, "no file search of its own"),
        (lane(tools=("calculator",)), replace(LUNA, tools="no"), OPENAI, "takes no tools"),
        (lane(tools=("calculator",)), replace(LUNA, tools="needs_effort_none"), OPENAI, "effort “none”"),
        (lane(parameters={"temperature": 1}), replace(LUNA, sampling=False), OPENAI, "not take temperature"),
        (lane(), replace(LUNA, price_in_usd_per_million=None), OPENAI, "price of gpt-6-luna is unknown"),
    ],
)
def test_what_is_missing_is_said(asked: Lane, model: Model, connection: Connection | None, said: str) -> None:
    assert said in " ".join(notices(asked, model, connection))


def test_what_would_be_refused_is_left_out() -> None:
    asked = lane(
        tools=("file_search", "calculator"), parameters={"temperature": 1, "max_completion_tokens": 9}
    )
    sent = sendable(asked, replace(LUNA, sampling=False, tools="needs_effort_none"))
    assert sent.tools == ("calculator",)
    assert sent.parameters == {"max_completion_tokens": 9, "reasoning_effort": "none"}
    assert sendable(lane(Mode.RESPONSES, tools=("file_search",)), replace(LUNA, tools="no")).tools == (
        "file_search",
    )


def test_a_local_model_is_free_and_needs_no_notice() -> None:
    model = describe("qwen2.5-coder-1.5b-instruct", "Local", {"id": "q", "local": True})
    assert notices(lane(Mode.ASSISTANTS), model, LOCAL) == []
