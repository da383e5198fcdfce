"""`python -m tests.golden`: replay every recording, and print how far each agrees."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from tests.golden.playground import playground
from tests.golden.recording import FOLDER, found
from tests.golden.replay import replay
from tests.golden.report import differences_of, share, table


def main() -> int:
    """0 when every exchange agrees or is explained."""
    recordings = found()
    if not recordings:
        print(f"There are no recordings in {FOLDER}. Name their folder in GOLDEN_DIR.")
        return 2
    with (
        tempfile.TemporaryDirectory(prefix="tandem-golden-") as folder,
        playground(Path(folder), [recording.name for recording in recordings]) as ground,
    ):
        verdicts = {recording.name: replay(recording, ground) for recording in recordings}
    print(table(verdicts))
    for name, of_one in verdicts.items():
        for line in differences_of(name, of_one):
            print(line)
    print(f"{share(verdicts):.1%} of the exchanges agree.")
    return 0 if all(not v.differences for of_one in verdicts.values() for v in of_one) else 1


if __name__ == "__main__":
    sys.exit(main())
