"""Our server answers recorded sessions as the real service did."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.golden.playground import Playground
from tests.golden.recording import FOLDER, Recording, found
from tests.golden.replay import Verdict, replay
from tests.golden.report import differences_of, share, table

RECORDINGS = {recording.name: recording for recording in found()}
PROMISED = 0.99

pytestmark = pytest.mark.skipif(
    not RECORDINGS, reason=f"no recordings in {FOLDER}; GOLDEN_DIR names their folder"
)

Replayed = Callable[[Recording], list[Verdict]]


@pytest.fixture(scope="module")
def replayed(ground: Playground) -> Replayed:
    """Replays a recording, once: what it made in its account is there afterwards."""
    done: dict[str, list[Verdict]] = {}

    def once(recording: Recording) -> list[Verdict]:
        if recording.name not in done:
            done[recording.name] = replay(recording, ground)
        return done[recording.name]

    return once


@pytest.mark.parametrize("name", RECORDINGS)
def test_answers_as_recorded(name: str, replayed: Replayed) -> None:
    verdicts = replayed(RECORDINGS[name])
    differ = [verdict for verdict in verdicts if verdict.differences]
    if differ:
        pytest.fail("\n".join(differences_of(name, differ)), pytrace=False)


def test_agrees_in_99_of_100_exchanges(replayed: Replayed) -> None:
    verdicts = {name: replayed(recording) for name, recording in RECORDINGS.items()}
    if share(verdicts) < PROMISED:
        pytest.fail(f"{share(verdicts):.1%} of the exchanges agree\n{table(verdicts)}", pytrace=False)
