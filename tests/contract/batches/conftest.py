"""Every test of this folder runs on SQLite and on PostgreSQL, each with a server of its own."""

from tests.contract.assistants.conftest import kind, own_upstream, start_service, url  # noqa: F401
from tests.support.databases import new_database, postgres  # noqa: F401
