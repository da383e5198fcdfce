"""Alembic's entry: migrate the connection that services.storage.migrate hands over."""

from alembic import context

from services.storage.every_table import METADATA

context.configure(connection=context.config.attributes["connection"], target_metadata=METADATA)
context.run_migrations()
