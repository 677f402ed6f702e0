"""This service as a DataHolder: all its tables, nothing that a law keeps, and whose address is whose."""

from __future__ import annotations

import uuid
from collections.abc import Sequence

from sqlalchemy import MetaData

from kernel.db import Database, WriteSession
from kernel.holder.servicer import DataHolderRpc
from kernel.holder.subject import Hooks, Subject
from kernel.outbox import emit
from kernel.signing import Signer
from services.contacts import events
from services.contacts.erasures.service import ErasuresService
from services.contacts.logins.finder import LocalOwnContact
from services.contacts.people.service import PeopleService

HOLDER = "contacts"


def data_holder(
    database: Database,
    metadata: MetaData,
    *,
    signer: Signer,
    own_contacts: LocalOwnContact,
    people: PeopleService,
    erasures: ErasuresService,
) -> DataHolderRpc:
    """The five answers, from the declarations on the tables."""

    async def planning(session: WriteSession, subject: Subject) -> None:
        await people.require_identifiers(session, subject.id, emails=subject.emails, phones=subject.phones)

    async def before_erasure(session: WriteSession, subject: Subject) -> None:
        # Locks first: what the contact's addresses are is read when nobody can write them any more.
        await erasures.shut_out(session, subject.emails)
        await planning(session, subject)

    async def after_erasure(session: WriteSession, contact_id: uuid.UUID) -> None:
        own_contacts.forget(contact_id)
        await emit(session, events.contact_erased(contact_id))

    async def after_period(session: WriteSession, table: str, ids: Sequence[uuid.UUID]) -> None:
        if table != "contact":
            return
        for contact_id in ids:
            own_contacts.forget(contact_id)
            await emit(session, events.contact_erased(contact_id))

    return DataHolderRpc(
        holder=HOLDER,
        database=database,
        metadata=metadata,
        signer=signer,
        hooks=Hooks(planning=planning, before=before_erasure, after=after_erasure, deleted=after_period),
    )
