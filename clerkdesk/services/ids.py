"""Ids: UUIDv7, made where the thing is made, so that they sort by time and never need a server."""

from __future__ import annotations

from uuid import UUID

from uuid_utils.compat import uuid7


def new_id() -> UUID:
    """Return a fresh UUIDv7."""
    return uuid7()
