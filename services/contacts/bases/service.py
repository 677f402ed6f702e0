"""Use case of bases."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from typing import Any

from sqlalchemy import Row

from kernel.db import Database
from services.contacts.bases import store


class BasesService:
    """Tells the privacy service who is held here; it notes nobody as read, because nobody's data is in it."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def list_subject_bases(self, *, after: uuid.UUID, limit: int) -> Sequence[Row[Any]]:
        """Contacts in the order of their ids."""
        async with self._database.reading() as session:
            return await store.bases(session, after=after, limit=limit)
