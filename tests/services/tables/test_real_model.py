"""Questions to tables put to the real local model, over HTTP as the pages do it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from pydantic import SecretStr

from services.clients import Connection, open_client
from services.engines.manifest import manifest
from services.engines.registry import Engines
from services.loop import BackgroundLoop
from services.server.api import create_api
from services.settings import Settings
from services.tables.answers import TableQuestion
from services.tables.asking import answer_in, ask
from services.turns import Message, Turn, TurnStatus
from tests.services.tables.asked import Shop
from tests.support.api import KEY
from tests.support.engines import CHAT_MODEL
from tests.support.server import served

pytestmark = [pytest.mark.model, pytest.mark.xdist_group("model")]

ANSWER_LIMIT_S = 240.0


@pytest.fixture
def connection(tmp_path: Path) -> Iterator[Connection]:
    settings = Settings(api_key=SecretStr(KEY), home=tmp_path)
    weights = manifest().model(CHAT_MODEL).files[0].filename
    if not (settings.models_dir / weights).exists():
        pytest.skip("the local chat model has not been fetched")
    with served(create_api(settings, Engines(settings.models_dir))) as url:
        yield Connection("Local", "local", url, KEY)


def test_the_local_model_answers_a_question_with_the_right_number(connection: Connection) -> None:
    shop, loop = Shop(), BackgroundLoop()
    question = TableQuestion("How many chairs were sold in Germany?", shop.tables, CHAT_MODEL)
    turn = Turn("conversation", Message("user", question.question), CHAT_MODEL, connection.name)

    async def answer() -> None:
        client = open_client(connection, loop.pool(connection.base_url))
        async for event in ask(client, connection, question, shop.query, shop.sources):
            turn.apply(event)

    loop.run(answer(), ANSWER_LIMIT_S)
    told = answer_in(turn)
    assert turn.status is TurnStatus.COMPLETED, turn.error
    assert told is not None and told.result is not None
    assert "'Germany'" in told.sql and "'Chair'" in told.sql
    assert told.numbers_checked and turn.text == told.sentence != ""
    assert turn.usage is not None and (turn.usage.total_tokens or 0) > 200
