"""`python -m benchmarks [SECTION …]`: measure everything, or some sections, and write docs/benchmarks.md."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import asdict

from benchmarks import SECTIONS
from benchmarks.report import Figure, save, table

IN_A_PROCESS = (
    "import json, sys; from dataclasses import asdict; from importlib import import_module; "
    "print(json.dumps([asdict(f) for f in import_module('benchmarks.' + sys.argv[1]).figures()]))"
)
LONGEST_S = 900


def main(names: list[str]) -> int:
    """Measure each section in a process of its own; 1 when one broke."""
    unknown = set(names) - set(SECTIONS)
    if unknown:
        print(f"There is no section {', '.join(sorted(unknown))}. Sections: {', '.join(SECTIONS)}.")
        return 1
    broken = 0
    for name in names or list(SECTIONS):
        print(f"\n{name}: {SECTIONS[name]}", flush=True)
        try:
            figures = measure(name)
        except (subprocess.SubprocessError, ValueError) as error:
            print(f"  broke: {error}")
            broken = 1
            continue
        save({name: figures})
        print("\n".join(table([asdict(f) for f in figures])), flush=True)
    return broken


def measure(name: str) -> list[Figure]:
    """The figures of one section, measured in a fresh process."""
    command = [sys.executable, "-c", IN_A_PROCESS, name]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True, timeout=LONGEST_S)
    return [Figure(**figure) for figure in json.loads(done.stdout.strip().splitlines()[-1])]


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
