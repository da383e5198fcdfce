from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from services.sandbox.limits import Limits
from services.sandbox.walls import WALLS, wall_named
from tests.support.sandbox import SMALL, Lab

MakeLab = Callable[..., Lab]


@pytest.fixture(scope="session", params=[wall.name for wall in WALLS])
def lab(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """An interpreter behind each of the sandboxes that work here, for all tests: what one does is its own business."""
    folder = tmp_path_factory.mktemp("interpreter") / "sessions"
    with closing(Lab(folder, walls=(wall_named(request.param),))) as made:
        skip_without_sandbox(made)
        yield made


@pytest.fixture
def make_lab(tmp_path: Path) -> Iterator[MakeLab]:
    """Makes interpreters behind the sandbox that is taken here."""
    made: list[Lab] = []

    def make(limits: Limits = SMALL, **options: Any) -> Lab:
        made.append(Lab(tmp_path / f"sessions{len(made)}", limits, **options))
        skip_without_sandbox(made[-1])
        return made[-1]

    yield make
    for each in made:
        each.close()


def skip_without_sandbox(lab: Lab) -> None:
    """Skip where no sandbox can work, and say why."""
    if (refusal := lab.call(lab.interpreter.refusal())) is not None:
        pytest.skip(refusal)
