"""Privacy as a DataHolder: its tables, and what the law keeps here."""

from __future__ import annotations

from kernel.clock import Clock
from kernel.db import Database
from kernel.holder.servicer import DataHolderRpc
from kernel.signing import Signer
from services.privacy.tables import metadata

NAME = "privacy"


def holder_rpc(database: Database, signer: Signer, clock: Clock) -> DataHolderRpc:
    """Consent records, decisions, requests, certificates and the ledger stay restricted, because they are
    the proof that everybody's rights were kept; what a subject was sent or typed goes."""
    return DataHolderRpc(holder=NAME, database=database, metadata=metadata, signer=signer, clock=clock)
