from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from services.clients import Connection
from services.storage.database import open_database
from services.storage.preferences import Preferences
from tests.support.assistants import Service, serving
from tests.support.upstream import ScriptedUpstream


@pytest.fixture
def preferences(tmp_path: Path) -> Preferences:
    return Preferences(open_database(f"sqlite:///{tmp_path}/tandem.db"), "someone")


@pytest.fixture(scope="package")
def lesson_service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """A server of ours before a scripted upstream, for all programs."""
    home = tmp_path_factory.mktemp("lessons")
    with ScriptedUpstream() as upstream, serving(home, f"sqlite:///{home}/tandem.db", upstream) as service:
        yield service


@pytest.fixture
def connection(lesson_service: Service) -> Iterator[Connection]:
    account = lesson_service.account()
    yield Connection("Local", "local", account.base_url, account.key)
    account.close()
    lesson_service.quiet()


@pytest.fixture(scope="package")
def lone_service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """A server of ours without any upstream: its own engines speak and listen."""
    home = tmp_path_factory.mktemp("alone")
    alone = {"openai_api_key": None, "openai_base_url": "https://api.openai.com/v1"}
    with (
        ScriptedUpstream() as model,
        serving(home, f"sqlite:///{home}/tandem.db", model, **alone) as service,
    ):
        yield service


@pytest.fixture
def alone(lone_service: Service) -> Iterator[Connection]:
    account = lone_service.account()
    yield Connection("Local", "local", account.base_url, account.key)
    account.close()
