"""One server for all recordings; each has an account of its own there."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.golden.made_up import NAMES
from tests.golden.playground import Playground, playground
from tests.golden.recording import found


@pytest.fixture(scope="session")
def ground(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Playground]:
    """A running server with an account for each recording, and some for sessions the tests make up."""
    names = [recording.name for recording in found()]
    with playground(tmp_path_factory.mktemp("golden"), [*names, *NAMES]) as ground:
        yield ground
