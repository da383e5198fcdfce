"""Python programs of their own process, for tests of what one process does to another."""

import subprocess
import sys
import textwrap


def start(script: str, *arguments: object) -> subprocess.Popen[str]:
    """Start a script with these arguments; the test reads what it prints."""
    return subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(script), *map(str, arguments)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
