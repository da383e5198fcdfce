"""Alembic's entry: migrate the connection that services.storage.migrate hands over."""

from alembic import context

from services.storage import api_tables
from services.storage.tables import Base

assert api_tables.ApiRow.metadata is Base.metadata  # importing them is what adds the tables of /v1

context.configure(connection=context.config.attributes["connection"], target_metadata=Base.metadata)
context.run_migrations()
