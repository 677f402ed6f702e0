"""Use case of mails about askings: plan one."""

from __future__ import annotations

import uuid

from kernel.clock import Clock
from kernel.db import Database
from services.campaigns.askings import store
from services.campaigns.askings.model import Kind


class AskingMailsService:
    """What becomes of these mails on the way to a mailbox."""

    def __init__(self, database: Database, *, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def send_asking_mail(self, mail_id: uuid.UUID, *, asking_id: uuid.UUID, kind: Kind) -> None:
        """Plans the mail, once."""
        async with self._database.transaction() as session:
            await store.plan(session, mail_id, asking_id=asking_id, kind=kind, at=self._clock.now())
