#!/bin/sh
# Make a virtual environment with the newest Python that Tandem supports.
set -eu

supported='import sys, ensurepip, venv; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))'
for python in ${PYTHON:-} python3.13 python3.12 python3.11 python3; do
    if "$python" -c "$supported" >/dev/null 2>&1; then
        echo "Making a virtual environment in $1 with $("$python" --version)."
        rm -rf "$1"
        exec "$python" -m venv "$1"
    fi
done
echo "Tandem needs Python 3.11, 3.12 or 3.13 with its venv module, and none was found." >&2
echo "Install one (Debian or Ubuntu: apt install python3 python3-venv; macOS: brew install python@3.13)" >&2
echo "or name it: make run PYTHON=/path/to/python3.12" >&2
exit 1
