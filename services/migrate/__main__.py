"""`python -m services.migrate PATH`: the calls of the switched-off Assistants API in a code base, and what each becomes.

Ends with 0 where there is none, with 1 where there are some, with 2 where the path cannot be scanned.
"""

from __future__ import annotations

import argparse
import io
import json
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path

from services.migrate.calls import SWITCHED_OFF, UNCHANGED, table
from services.migrate.findings import Scan
from services.migrate.scanner import scan

NOTHING, FOUND, WRONG = 0, 1, 2


def main(arguments: Sequence[str] | None = None) -> int:
    """Scan, print, and say by the exit code whether anything was found."""
    parser = argparse.ArgumentParser(
        prog="python -m services.migrate",
        description=f"Lists the calls of OpenAI's Assistants API, which was switched off on {SWITCHED_OFF}, and what each becomes.",
    )
    parser.add_argument("path", type=Path, nargs="?", help="a file or a folder")
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.add_argument("--table", action="store_true", help="print what each call becomes, and scan nothing")
    given = parser.parse_args(arguments)
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")  # a terminal that knows ASCII only
    if given.table:
        print(table(), end="")
        return NOTHING
    if given.path is None:
        parser.error("name a file or a folder")
    try:
        found = scan(given.path)
    except OSError:
        print(f"There is no file or folder at {str(given.path)!a}.", file=sys.stderr)
        return WRONG
    print(as_json(found) if given.json else "\n".join(_lines(found)))
    return FOUND if found.findings else NOTHING


def as_json(found: Scan) -> str:
    """The scan for programs."""
    shown = {
        "switched_off": SWITCHED_OFF,
        "files": found.files,
        "findings": [{**asdict(finding), "unchanged": UNCHANGED} for finding in found.findings],
        "skipped": [asdict(skipped) for skipped in found.skipped],
        "notices": list(found.notices),
    }
    return json.dumps(shown, indent=2)


def _lines(found: Scan) -> Iterator[str]:
    for finding in found.findings:
        note = f" {finding.note}" if finding.note else ""
        yield f"{finding.place}: {finding.call}"
        yield f"    becomes {finding.becomes}.{note}"
    if found.findings:
        yield ""
    yield from found.notices
    for reason, count in sorted(Counter(skipped.reason for skipped in found.skipped).items()):
        names = [skipped.path for skipped in found.skipped if skipped.reason == reason]
        shown = ", ".join(names[:3]) + (" …" if count > 3 else "")
        yield f"Not read, {reason}: {count} ({shown})."
    places = len({finding.path for finding in found.findings})
    if not found.findings:
        yield f"No call of the Assistants API in {_counted(found.files, 'file')}."
        return
    calls = _counted(len(found.findings), "call")
    yield f"{calls} of the Assistants API in {_counted(places, 'file')} of {found.files}."
    yield f"OpenAI switched it off on {SWITCHED_OFF}. {UNCHANGED}"


def _counted(count: int, noun: str) -> str:
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


if __name__ == "__main__":
    sys.exit(main())
