"""This service as a DataHolder: all its tables, nothing that a law keeps, and the fact that tells the others."""

from __future__ import annotations

import uuid

from sqlalchemy import MetaData

from kernel.db import Database, WriteSession
from kernel.holder.servicer import DataHolderRpc
from kernel.outbox import emit
from kernel.signing import Signer
from services.contacts import events
from services.contacts.logins.finder import LocalOwnContact

HOLDER = "contacts"


def data_holder(
    database: Database, metadata: MetaData, *, signer: Signer, own_contacts: LocalOwnContact
) -> DataHolderRpc:
    """The five answers, from the declarations on the tables."""

    async def after_erasure(session: WriteSession, contact_id: uuid.UUID) -> None:
        own_contacts.forget(contact_id)
        await emit(session, events.contact_erased(contact_id))

    return DataHolderRpc(
        holder=HOLDER, database=database, metadata=metadata, signer=signer, after_erasure=after_erasure
    )
