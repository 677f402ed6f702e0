"""What proves a consent, as files that are checked without us: one record, and the whole ledger."""

from __future__ import annotations

import uuid
from collections.abc import Iterator

from flask import Response, stream_with_context
from kontor.privacy.v1.consent_proofs_pb2 import CollectLedgerRequest, GetConsentProofRequest

from services.gateway.clients import clients
from services.gateway.session import opens_with

# The ledger grows for years; a statement of the database gets no longer than that either.
_LEDGER_TIMEOUT_S = 55.0


@opens_with("ConsentProofs.GetConsentProof")
def proof(contact_id: uuid.UUID, consent_id: uuid.UUID) -> Response:
    """GET /contacts/<id>/proofs/<consent>.json"""
    asked = GetConsentProofRequest(contact_id=str(contact_id), consent_id=str(consent_id))
    found = clients().consent_proofs.GetConsentProof(asked)
    return _file(found.file, "application/json", f"consent-{consent_id}.json")


@opens_with("ConsentProofs.CollectLedger")
def ledger() -> Response:
    """GET /contacts/consents.jsonl: the ledger for `verify_consents`; a file that broke off lacks its last line."""
    stream = clients().consent_proofs.CollectLedger(CollectLedgerRequest(), timeout=_LEDGER_TIMEOUT_S)
    parts: Iterator[bytes] = (part.lines for part in stream)
    return _file(stream_with_context(parts), "application/jsonl", "consents.jsonl")


def _file(content: bytes | Iterator[bytes], media_type: str, name: str) -> Response:
    response = Response(content, mimetype=media_type)
    response.headers.set("Content-Disposition", "attachment", filename=name)
    return response
