"""Fetch the local model files before the app starts, unless a key makes them unnecessary for now."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent
INTERRUPTED = 130


def main() -> int:
    """Exit status: 0 also when the files could not be had, so that the app can say what is missing."""
    sys.path.insert(0, str(ROOT))
    from services.settings import get_settings

    if get_settings().openai_api_key is not None:
        return 0
    try:
        done = subprocess.run([sys.executable, "-m", "services.engines", "fetch"], cwd=ROOT, check=False)
    except KeyboardInterrupt:
        return INTERRUPTED
    if done.returncode:
        print("The app starts without all local models and fetches what is missing when it is needed.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
