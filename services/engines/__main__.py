"""`python -m services.engines fetch | verify | list`: the local model files on the command line."""

from __future__ import annotations

import argparse
import sys
from typing import get_args

from services.engines.fetch import ensure_files
from services.engines.manifest import Kind, Manifest, ModelEntry, manifest
from services.engines.progress import ProgressLine
from services.engines.verify import is_intact
from services.errors import AppError
from services.settings import Settings, get_settings


def main(arguments: list[str] | None = None) -> int:
    """Run one command; 0 when all is well."""
    options = _parser().parse_args(arguments)
    try:
        settings = get_settings()
        entries = _wanted(manifest(), settings, options.only)
        return int(options.run(entries, settings, options))
    except AppError as error:
        print(error.user_message, file=sys.stderr)
    except KeyboardInterrupt:
        print("\nStopped. The next fetch goes on from here.", file=sys.stderr)
    return 1


def _fetch(entries: list[ModelEntry], settings: Settings, options: argparse.Namespace) -> int:
    for entry in entries:
        with ProgressLine(sys.stderr, quiet=options.quiet) as line:
            ensure_files(entry.files, settings.models_dir, line.show)
    return 0


def _verify(entries: list[ModelEntry], settings: Settings, options: argparse.Namespace) -> int:
    wrong = [f for e in entries for f in e.files if not is_intact(f, settings.models_dir)]
    for file in wrong:
        state = "altered or incomplete" if (settings.models_dir / file.filename).exists() else "missing"
        print(f"{file.filename}: {state}. Run `python -m services.engines fetch`.", file=sys.stderr)
    return 1 if wrong else 0


def _list(entries: list[ModelEntry], settings: Settings, options: argparse.Namespace) -> int:
    for entry in entries:
        present = all((settings.models_dir / file.filename).is_file() for file in entry.files)
        print(
            f"{entry.id:30} {entry.kind:11} {entry.size_bytes / 1e6:7,.0f} MB  {entry.licence:11} "
            f"{'present' if present else 'missing'}"
        )
    return 0


def _wanted(all_models: Manifest, settings: Settings, only: str | None) -> list[ModelEntry]:
    kinds = only.split(",") if only else list(get_args(Kind))
    chat = all_models.model(settings.chat_model)
    return [e for e in all_models.models if e.kind in kinds and (e.kind != "chat" or e is chat)]


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m services.engines", description=__doc__)
    commands = parser.add_subparsers(required=True, metavar="fetch|verify|list")
    for name, run, text in (
        ("fetch", _fetch, "get the files that are missing or damaged"),
        ("verify", _verify, "tell which files are missing or damaged"),
        ("list", _list, "list the models and whether they are here"),
    ):
        command = commands.add_parser(name, help=text)
        command.add_argument(
            "--only", metavar="KINDS", help=f"{', '.join(get_args(Kind))}; several with a comma"
        )
        command.add_argument("--quiet", action="store_true", help="say nothing unless something is wrong")
        command.set_defaults(run=run)
    return parser


if __name__ == "__main__":
    sys.exit(main())
