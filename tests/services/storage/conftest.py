import itertools
import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from services.storage.conversations import Conversations
from services.storage.database import Database, open_database
from services.storage.folder_blobs import FolderBlobs


@dataclass
class Library:
    """A database of its own for one test, and conversations of two owners in it."""

    url: str
    database: Database
    blobs: FolderBlobs
    alice: Conversations
    bob: Conversations


def _postgres_bindir() -> Path | None:
    config = shutil.which("pg_config")
    if config is None:
        return None
    folder = Path(
        subprocess.run([config, "--bindir"], check=False, capture_output=True, text=True).stdout.strip()
    )
    return folder if (folder / "initdb").exists() and (folder / "pg_ctl").exists() else None


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """The URL of a PostgreSQL server on a socket in a temporary folder."""
    bindir = _postgres_bindir()
    if bindir is None:
        pytest.skip("no PostgreSQL server programs here (pg_config, initdb, pg_ctl)")
    as_user = {}
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


KINDS = ["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)]


@pytest.fixture
def new_database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Callable[[str], str]]:
    """Makes empty databases of a kind, `sqlite` or `postgresql`, and gives their URLs; drops them after the test."""
    with ExitStack() as dropped:
        numbers = itertools.count()

        def make(kind: str) -> str:
            number = next(numbers)
            if kind == "sqlite":
                return f"sqlite:///{tmp_path}/home{number or ''}/tandem.db"
            name = f"t{os.getpid()}_{number}_{abs(hash(request.node.nodeid)):x}"
            return dropped.enter_context(_postgres_database(request.getfixturevalue("postgres"), name))

        yield make


@contextmanager
def _postgres_database(server_url: str, name: str) -> Iterator[str]:
    from sqlalchemy import create_engine, text

    server = create_engine(server_url, isolation_level="AUTOCOMMIT")
    with server.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name}"))
    yield server.url.set(database=name).render_as_string(hide_password=False)
    with server.connect() as connection:
        connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))
    server.dispose()


@pytest.fixture(params=KINDS)
def url(request: pytest.FixtureRequest, new_database: Callable[[str], str]) -> str:
    """An empty database, on SQLite and on PostgreSQL."""
    return new_database(request.param)


@pytest.fixture
def library(url: str, tmp_path: Path) -> Iterator[Library]:
    yield from _library(url, FolderBlobs(tmp_path / "blobs"))


def _library(url: str, blobs: FolderBlobs) -> Iterator[Library]:
    database = open_database(url)
    alice, bob = (Conversations(database, blobs, owner) for owner in ("alice", "bob"))
    yield Library(url, database, blobs, alice, bob)
    database.close()


@pytest.fixture
def alice(library: Library) -> Conversations:
    return library.alice


@pytest.fixture(params=KINDS)
def other(
    request: pytest.FixtureRequest, new_database: Callable[[str], str], tmp_path: Path
) -> Iterator[Library]:
    """A second, empty installation, on SQLite and on PostgreSQL."""
    yield from _library(new_database(request.param), FolderBlobs(tmp_path / "other blobs"))


@pytest.fixture
def target(new_database: Callable[[str], str], tmp_path: Path) -> Iterator[Library]:
    """A second, empty installation where it does not matter which."""
    yield from _library(new_database("sqlite"), FolderBlobs(tmp_path / "target blobs"))
