"""Alembic's entry: runs on the connection that the store hands over, never on one of its own."""

from alembic import context

from clerkdesk.data.schema import metadata

connection = context.config.attributes["connection"]
context.configure(connection=connection, target_metadata=metadata, transactional_ddl=True, render_as_batch=True)
context.run_migrations()
