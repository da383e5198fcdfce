"""Measure what we promise: `python -m benchmarks [--only NAME …] [--quick] [--write]`."""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Iterable, Sequence

from benchmarks import SECTIONS
from benchmarks.report import Figure, lines, machine, save
from benchmarks.section import SectionBroke, run

LONGEST_SECTION_S = 20 * 60


def main(arguments: Sequence[str]) -> int:
    """Measure each section in turn. A missed target is information; 1 means that a section broke."""
    told = _told(arguments)
    on = machine()
    broken = 0
    for name in _chosen(told.only, told.quick):
        print(f"\n{name}: {SECTIONS[name].how}\n", flush=True)
        began = time.monotonic()
        try:
            figures = run(f"benchmarks.{name}", LONGEST_SECTION_S, told.quick)
        except SectionBroke as error:
            print(f"{name} broke: {error}.", flush=True)
            broken += 1
            continue
        _show(figures, time.monotonic() - began)
        if told.write:
            save({name: figures}, on)
    return 1 if broken else 0


def _told(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description="Measure what we promise.")
    parser.add_argument(
        "--only", nargs="+", choices=tuple(SECTIONS), metavar="NAME", help=", ".join(SECTIONS)
    )
    parser.add_argument("--quick", action="store_true", help="tiny sizes, only to see that it works")
    parser.add_argument("--write", action="store_true", help="write docs/benchmarks.md")
    told = parser.parse_args(arguments)
    if told.quick and told.write:
        parser.error("--quick measures too little to be written down")
    return told


def _chosen(only: Sequence[str] | None, quick: bool) -> Iterable[str]:
    wanted = only or SECTIONS
    return [n for n in SECTIONS if n in wanted and (SECTIONS[n].has_quick_form or not quick)]


def _show(figures: Sequence[Figure], took_s: float) -> None:
    print("\n".join(lines(figures)), f"\n({took_s:.0f} s)", flush=True)


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
