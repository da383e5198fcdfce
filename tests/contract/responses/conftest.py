"""Every test of this folder runs on SQLite and on PostgreSQL; most share one server, with an owner of their own."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack

import pytest
from openai import OpenAI

from tests.contract.assistants.conftest import (  # noqa: F401
    client,
    kind,
    other,
    own_upstream,
    start_service,
    upstream,
    url,
)
from tests.support.assistants import Account, Service, serving
from tests.support.databases import new_database, postgres, postgres_database  # noqa: F401
from tests.support.upstream import ScriptedUpstream


@pytest.fixture(scope="session")
def shared(
    kind: str,  # noqa: F811
    request: pytest.FixtureRequest,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Service]:
    """A server that many tests share."""
    home = tmp_path_factory.mktemp(f"{kind}-responses")
    with ExitStack() as running:
        database_url = f"sqlite:///{home}/tandem.db"
        if kind == "postgresql":
            server = request.getfixturevalue("postgres")
            database_url = running.enter_context(postgres_database(server, "shared_by_responses"))
        model = running.enter_context(ScriptedUpstream())
        yield running.enter_context(serving(home, database_url, model))


@pytest.fixture
def me(shared: Service) -> Iterator[Account]:
    """Somebody who has nothing on the server yet, and whose SDK refuses what is not exactly as its types say."""
    account = shared.account()
    account.client = OpenAI(
        base_url=account.base_url,
        api_key=account.key,
        max_retries=0,
        http_client=account.http,
        _strict_response_validation=True,
    )
    yield account
    account.close()
    shared.quiet()
