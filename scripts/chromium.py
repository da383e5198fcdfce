"""Find the Chromium that browser tests drive; install Debian's where that is possible without asking."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
MACOS_APPS = (
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
)


def find_chromium() -> str | None:
    """Path of a Chromium or Chrome; `CHROMIUM_PATH` wins. None when there is none."""
    named = os.environ.get("CHROMIUM_PATH")
    if named:
        return named if Path(named).exists() else None
    found = (shutil.which(name) for name in NAMES)
    installed = (path for path in MACOS_APPS if Path(path).exists())
    return next(filter(None, found), None) or next(installed, None)


def _as_root() -> list[str] | None:
    """What to put before a command to run it as root without a password; None when that cannot be."""
    if os.geteuid() == 0:
        return []
    sudo = shutil.which("sudo")
    allowed = sudo and subprocess.run([sudo, "-n", "true"], capture_output=True, check=False).returncode == 0
    return ["sudo", "-n"] if allowed else None


def install_chromium() -> None:
    """Install Debian's chromium through apt, where we may."""
    prefix = _as_root()
    if shutil.which("apt-get") is None or prefix is None:
        return
    print("Installing Chromium for the browser tests.", flush=True)
    # Ubuntu's `chromium` package is only a pointer to a snap, which tests cannot drive everywhere; it then stays missing.
    apt = [*prefix, "env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "-qq"]
    subprocess.run([*apt, "update"], check=False)
    subprocess.run([*apt, "install", "-y", "--no-install-recommends", "chromium"], check=False)


def main() -> int:
    """Exit status: 1 only in CI, where browser tests must not be skipped."""
    if find_chromium() is None:
        install_chromium()
    if find_chromium() is not None:
        return 0
    print(
        "No Chromium was found, so browser tests are skipped. Install chromium or Google Chrome, or set CHROMIUM_PATH."
    )
    return 1 if os.environ.get("CI") else 0


if __name__ == "__main__":
    sys.exit(main())
