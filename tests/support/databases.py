"""Empty databases, on SQLite and on PostgreSQL; what wants PostgreSQL skips where its programs are not installed."""

from __future__ import annotations

import itertools
import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pytest

KINDS = ["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)]

NewDatabase = Callable[[str], str]


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """The URL of a PostgreSQL server on a socket in a temporary folder."""
    bindir = _postgres_bindir()
    if bindir is None:
        pytest.skip("no PostgreSQL server programs here (pg_config, initdb, pg_ctl)")
    as_user: dict[str, Any] = {}
    if os.geteuid() == 0:  # the server refuses to run as root
        try:
            pwd.getpwnam("postgres")
        except KeyError:
            pytest.skip("running as root and there is no user postgres to run the server as")
        as_user = {"user": "postgres", "group": "postgres", "extra_groups": []}
    folder = Path(tempfile.mkdtemp(prefix="tandem-pg-", dir="/tmp"))
    if as_user:
        shutil.chown(folder, "postgres", "postgres")

    def run(*command: str) -> None:
        subprocess.run(
            [str(bindir / command[0]), *command[1:]], check=True, capture_output=True, cwd=folder, **as_user
        )

    data = str(folder / "data")
    options = f"-k {folder} -c listen_addresses='' -c fsync=off -c full_page_writes=off"
    try:
        run("initdb", "-D", data, "-U", "tandem", "-A", "trust", "-E", "UTF8", "--no-sync")
        run("pg_ctl", "-D", data, "-w", "-l", str(folder / "log"), "-o", options, "start")
    except subprocess.CalledProcessError as error:
        shutil.rmtree(folder, ignore_errors=True)
        pytest.skip(f"a PostgreSQL server could not be started: {error.stderr.decode()[-200:]}")
    yield f"postgresql+psycopg://tandem@/postgres?host={folder}"
    run("pg_ctl", "-D", data, "-m", "immediate", "stop")
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def new_database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[NewDatabase]:
    """Makes empty databases of a kind, `sqlite` or `postgresql`, and gives their URLs; drops them after the test."""
    with ExitStack() as dropped:
        numbers = itertools.count()

        def make(kind: str) -> str:
            number = next(numbers)
            if kind == "sqlite":
                return f"sqlite:///{tmp_path}/home{number or ''}/tandem.db"
            name = f"t{os.getpid()}_{number}_{abs(hash(request.node.nodeid)):x}"
            return dropped.enter_context(postgres_database(request.getfixturevalue("postgres"), name))

        yield make


@contextmanager
def postgres_database(server_url: str, name: str) -> Iterator[str]:
    """An empty database of this name on the server, dropped afterwards; gives its URL."""
    from sqlalchemy import create_engine, text

    server = create_engine(server_url, isolation_level="AUTOCOMMIT")
    with server.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name}"))
    yield server.url.set(database=name).render_as_string(hide_password=False)
    with server.connect() as connection:
        connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))
    server.dispose()


def _postgres_bindir() -> Path | None:
    config = shutil.which("pg_config")
    if config is None:
        return None
    told = subprocess.run([config, "--bindir"], check=False, capture_output=True, text=True)
    folder = Path(told.stdout.strip())
    return folder if (folder / "initdb").exists() and (folder / "pg_ctl").exists() else None
