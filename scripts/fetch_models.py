"""Fetch the local model files before the app starts, unless a key makes them unnecessary for now."""

from __future__ import annotations

import ctypes
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent
INVALID_SETTING = 2
INTERRUPTED = 130


def missing_library() -> str | None:
    """What the local model lacks on this machine, in a sentence; None when nothing."""
    try:
        if sys.platform == "linux":
            ctypes.CDLL("libgomp.so.1")
    except OSError:
        return "The local model needs the library libgomp. Debian and Ubuntu: apt install libgomp1"
    return None


def main() -> int:
    """Exit status: 0 also when the files could not be had, so that the app can say what is missing."""
    sys.path.insert(0, str(ROOT))
    from services.settings import get_settings

    try:
        settings = get_settings()
    except ValueError as error:
        print(f"A setting cannot be used; docs/configuration.md lists them.\n{error}")
        return INVALID_SETTING
    if settings.openai_api_key is not None:
        return 0
    lacking = missing_library()
    if lacking is not None:
        print(lacking)
    try:
        done = subprocess.run([sys.executable, "-m", "services.engines", "fetch"], cwd=ROOT, check=False)
    except KeyboardInterrupt:
        return INTERRUPTED
    if done.returncode:
        print("The app starts without all local models and fetches what is missing when it is needed.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
