"""The tickets service as a data holder: the declarations on its tables say everything."""

from __future__ import annotations

from kernel.db import Database
from kernel.holder.servicer import DataHolderRpc
from kernel.signing import Signer
from services.tickets.tables import metadata

NAME = "tickets"


def data_holder(*, database: Database, signer: Signer) -> DataHolderRpc:
    """No law keeps a conversation: messages go, tickets stay behind as numbers without a person."""
    return DataHolderRpc(holder=NAME, database=database, metadata=metadata, signer=signer)
