"""The tickets service as a data holder: the declarations on its tables say everything."""

from __future__ import annotations

import uuid

from kernel.clock import Clock, SystemClock
from kernel.db import Database, WriteSession
from kernel.erased import shut_out
from kernel.holder.servicer import DataHolderRpc
from kernel.holder.subject import Hooks, Subject
from kernel.outbox import emit
from kernel.signing import Signer
from services.tickets import events
from services.tickets.tables import metadata
from services.tickets.tickets import store

NAME = "tickets"


def data_holder(*, database: Database, signer: Signer, clock: Clock | None = None) -> DataHolderRpc:
    """No law keeps a conversation: messages go, tickets stay behind as closed numbers without a person."""
    told = clock or SystemClock()

    async def before_erasure(session: WriteSession, subject: Subject) -> None:
        await shut_out(session, subject)
        # Who writes a message holds its ticket: it is waited for, and its message seen and deleted.
        await store.lock_all_of(session, subject.id)

    async def after_erasure(session: WriteSession, _contact_id: uuid.UUID) -> None:
        # Nobody is left to answer, and the person was told that their open tickets end.
        for ticket in await store.close_abandoned(session, now=told.now()):
            await emit(session, events.ticket_updated(ticket))

    return DataHolderRpc(
        holder=NAME,
        database=database,
        metadata=metadata,
        signer=signer,
        hooks=Hooks(before=before_erasure, after=after_erasure),
    )
