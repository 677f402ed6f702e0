"""Use cases of names."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from typing import NamedTuple

from kernel.db import Database
from services.contacts.names import store
from services.contacts.names.model import Name


class Found(NamedTuple):
    """Positions among the names that were asked about."""

    others: list[int]
    beginnings: list[int]


class NamesService:
    """Says whether, and never who."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def check_names(self, names: Sequence[Name], *, own: uuid.UUID) -> Found:
        """Which of them others bear and the own contact does not, and which are how a family name begins."""
        async with self._database.reading() as session:
            borne, begun = await store.find(session, names, own=own)
            person = await store.own_name(session, own)
        return Found(
            [at for at in sorted(borne) if person is None or not names[at].is_borne_by(person)],
            sorted(begun),
        )
