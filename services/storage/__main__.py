"""`python -m services.storage backup | restore FILE.tar`: everything Tandem keeps, in one file and back."""

from __future__ import annotations

import argparse
import signal
import sys
from pathlib import Path

from services.errors import AppError
from services.settings import get_settings
from services.storage.backup import BackupReport, backup
from services.storage.blobs import open_blobs
from services.storage.database import open_database
from services.storage.restore import restore

KEY = "The key of /v1 in TANDEM_HOME/api_key is no part of a backup."


def main(arguments: list[str] | None = None) -> int:
    """Run one command; 0 when all is well."""
    options = _parser().parse_args(arguments)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # so that an unfinished file is removed
    try:
        settings = get_settings()
        database = open_database(settings.resolved_database_url)
        report = options.run(database, open_blobs(settings), options.file)
    except AppError as error:
        print(error.user_message, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nStopped. Nothing was changed.", file=sys.stderr)
        return 1
    print(_summary(report, options.file))
    return 0


def _summary(report: BackupReport, file: Path) -> str:
    lines = [
        f"{file}: {sum(report.rows.values()):,} rows and {report.blobs:,} files, {report.size_bytes / 1e6:,.1f} MB.",
        *(f"Left out, because its bytes have changed on disk: {key}" for key in report.damaged),
        KEY,
    ]
    return "\n".join(lines)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m services.storage", description=__doc__, epilog=KEY)
    commands = parser.add_subparsers(required=True, metavar="backup|restore")
    for name, run, text in (
        ("backup", backup, "write everything to FILE, also while Tandem runs"),
        ("restore", restore, "fill an empty installation from FILE"),
    ):
        command = commands.add_parser(name, help=text)
        command.add_argument("file", metavar="FILE", type=Path)
        command.set_defaults(run=run)
    return parser


if __name__ == "__main__":
    sys.exit(main())
