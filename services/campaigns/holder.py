"""This service as a DataHolder. Everything follows from the declarations; no law keeps anything here."""

from __future__ import annotations

from sqlalchemy import MetaData

from kernel.db import Database
from kernel.erased import shut_out
from kernel.holder.servicer import DataHolderRpc
from kernel.holder.subject import Hooks
from kernel.signing import Signer

NAME = "campaigns"


def make_holder(database: Database, metadata: MetaData, signer: Signer) -> DataHolderRpc:
    """Sign-ups go with their rows; a message stays as a count, without the contact."""
    hooks = Hooks(before=shut_out)
    return DataHolderRpc(holder=NAME, database=database, metadata=metadata, signer=signer, hooks=hooks)
