"""Use cases of notices: plan one, and say how it stands."""

from __future__ import annotations

import uuid
from datetime import date

from kernel.clock import Clock
from kernel.db import Database
from kernel.erased import is_erased
from kernel.errors import InvalidArgument
from services.campaigns.notices import store
from services.campaigns.notices.model import FAREWELLS, Kind, NoticeNotFound
from services.campaigns.sender.model import State


class NoticesService:
    """What becomes of notices on the way to a mailbox."""

    def __init__(self, database: Database, *, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def send_notice(
        self, notice_id: uuid.UUID, *, contact_id: uuid.UUID | None, kind: Kind, due_date: str
    ) -> None:
        """Plans the mail, once; none for a contact erased since. Errors: InvalidArgument."""
        if (contact_id is None) is not (kind in FAREWELLS):
            raise InvalidArgument(
                "Whom should this go to?",
                violations={"contact_id": "must be empty for a last mail, and only there"},
            )
        try:
            day = date.fromisoformat(due_date)
        except ValueError as error:
            raise InvalidArgument(
                "No such day.", violations={"due_date": "must be an ISO 8601 date"}
            ) from error
        async with self._database.transaction() as session:
            if contact_id is not None and await is_erased(session, contact_id):
                return
            await store.plan(
                session, notice_id, contact_id=contact_id, kind=kind, due_date=day, at=self._clock.now()
            )

    async def get_notice(self, notice_id: uuid.UUID) -> State:
        """How a mail stands. Errors: NoticeNotFound."""
        async with self._database.reading() as session:
            found = await store.state_of(session, notice_id)
        if found is None:
            raise NoticeNotFound("Nobody asked for this mail.")
        return found
