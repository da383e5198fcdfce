"""No test can reach the network, a paid API, or the data of the person who runs it."""

from __future__ import annotations

import ipaddress
import os
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from services.settings import Settings, get_settings
from services.storage import migrate
from tests.support.migrated import MigratedOnce

KEPT = {"TANDEM_MODELS_DIR"}
DROPPED_SUFFIXES = ("_PROXY", "_proxy")
DROPPED_PREFIXES = ("OPENAI_", "TANDEM_", "AWS_")


class NetworkRefused(RuntimeError):
    """A test tried to leave this machine."""


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host.partition("%")[0]).is_loopback
    except ValueError:
        return host == "localhost"


def _refuse_network(event: str, args: tuple[object, ...]) -> None:
    if event not in ("socket.connect", "socket.sendto"):
        return
    address = args[1]
    if isinstance(address, tuple) and not _is_loopback(str(address[0])):
        raise NetworkRefused(f"Tests talk to 127.0.0.1 only; this one tried {address[0]}.")


def _forget_the_person() -> None:
    for name in list(os.environ):
        if name not in KEPT and (name.startswith(DROPPED_PREFIXES) or name.endswith(DROPPED_SUFFIXES)):
            del os.environ[name]
    Settings.model_config["env_file"] = Settings.model_config["toml_file"] = None
    os.environ["TANDEM_HOME"] = tempfile.mkdtemp(prefix="tandem-test-")


def pytest_configure() -> None:
    sys.addaudithook(_refuse_network)
    _forget_the_person()
    migrate.migrate = MigratedOnce(migrate.migrate)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    # Playwright's event loop, once started, stays in the main thread, where asyncio.run then refuses to work.
    items.sort(key=lambda item: "tests/browser/" in item.path.as_posix())


@pytest.fixture(autouse=True)
def own_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A data folder of the test's own, and settings read afresh."""
    home = tmp_path / "home"
    monkeypatch.setenv("TANDEM_HOME", str(home))
    get_settings.cache_clear()
    yield home
    get_settings.cache_clear()


@pytest.fixture
def settings(own_home: Path) -> Settings:
    """The settings of an installation that was told nothing but its data folder."""
    return get_settings()
