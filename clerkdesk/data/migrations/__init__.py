"""Alembic migrations of the store, run by `clerkdesk.data.store` when a store is opened."""
