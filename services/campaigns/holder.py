"""This service as a DataHolder. Everything follows from the declarations; no law keeps anything here."""

from __future__ import annotations

from sqlalchemy import MetaData

from kernel.db import Database
from kernel.holder.servicer import DataHolderRpc
from kernel.signing import Signer

NAME = "campaigns"


def make_holder(database: Database, metadata: MetaData, signer: Signer) -> DataHolderRpc:
    """Sign-ups go with their rows; a message stays as a count, without the contact."""
    return DataHolderRpc(holder=NAME, database=database, metadata=metadata, signer=signer)
