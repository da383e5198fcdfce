import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from services.storage.blobs import BlobStore
from services.storage.conversations import Conversations
from services.storage.database import Database, open_database


@dataclass
class Library:
    """A database of its own for one test, and conversations of two owners in it."""

    url: str
    database: Database
    blobs: BlobStore
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


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """An empty database, on SQLite and on PostgreSQL."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path}/home/tandem.db"
        return
    from sqlalchemy import create_engine, text

    server = create_engine(request.getfixturevalue("postgres"), isolation_level="AUTOCOMMIT")
    name = f"t{os.getpid()}_{abs(hash(request.node.nodeid)):x}"
    with server.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name}"))
    yield server.url.set(database=name).render_as_string(hide_password=False)
    with server.connect() as connection:
        connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))
    server.dispose()


@pytest.fixture
def library(url: str, tmp_path: Path) -> Iterator[Library]:
    database = open_database(url)
    blobs = BlobStore(tmp_path / "blobs")
    yield Library(
        url, database, blobs, Conversations(database, blobs, "alice"), Conversations(database, blobs, "bob")
    )
    database.close()


@pytest.fixture
def alice(library: Library) -> Conversations:
    return library.alice
