"""Alembic's entry: migrate the connection that services.storage.migrate hands over."""

from alembic import context

from services.storage.tables import Base

context.configure(connection=context.config.attributes["connection"], target_metadata=Base.metadata)
context.run_migrations()
